import PurgeModel
import TestSupport

@testable import ControlPlane
@testable import EdgeAgent

/// A whole EdgePurge under a simulated clock: machines with real agents but for their threads, a real collector, a
/// broker and an origin.
///
/// Everything is drawn from the seed. Some operations are left out of each run, so that what is rare in one is frequent
/// in another.
struct Simulation {
    /// Something in the world did not hold.
    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    private enum Step: CaseIterable {
        case produce, visit, fetch, evict, read, work, acknowledge, ask, answer, crash, powerLoss, start, cutOff
        case reconnect, truncate, drain, resume, collectEvents, collectWords, collectorCrash, clockJump, pass, overflow
        case refuseMark, allowMark, closeCache, openCache
    }

    private static let rare: [Step] = [
        .crash, .powerLoss, .cutOff, .truncate, .drain, .collectorCrash, .clockJump, .overflow, .refuseMark,
        .closeCache,
        .evict,
    ]

    private var random: SeededGenerator
    /// Draws what visitors do whose nginx asks, so that histories without them are as they were.
    private var visitors: SeededGenerator
    /// Draws what happens between tiers, likewise.
    private var between: SeededGenerator
    private let weights: [Step: Int]
    private let clock = SimulatedClock()
    private let broker: SimulatedBroker
    private let machines: [SimulatedMachine]
    /// What the other machines fill from; nil: the origin.
    private let shield: SimulatedMachine?
    /// What was told of the shield, the newest last.
    private var words: [TierWord] = []
    private let judge: Judge
    private var collector: SimulatedCollector
    private var origin = [Int](repeating: 1, count: Page.count)
    private var places: [PurgeID: SimulatedBroker.Place] = [:]
    /// When each purge was effective everywhere, in simulated milliseconds.
    private var effective: [SimulatedBroker.Place: Int64] = [:]
    /// When each purge was confirmed, in simulated milliseconds.
    private var confirmed: [SimulatedBroker.Place: Int64] = [:]

    /// - Parameters:
    ///   - databases: one for each machine, emptied.
    ///   - state: a directory for the machines' files that is empty.
    ///   - asks: whether nginx asks on some machines.
    ///   - tiers: whether one machine may be a shield of the others.
    ///   - clockJumps: how often wall clocks are set, where the seed is not to say it; other things happen 1 to 10
    ///     times as often, or never.
    init(
        seed: UInt64, databases: [AgentDatabase], state: String, asks: Bool = true, tiers: Bool = true,
        clockJumps: Int? = nil
    ) throws {
        random = SeededGenerator(seed: seed)
        visitors = SeededGenerator(seed: ~seed)
        between = SeededGenerator(seed: seed &+ 1 << 60)
        var weights: [Step: Int] = [:]
        for step in Step.allCases { weights[step] = random.once(in: 5) ? 0 : random.number(1...10) }
        // Rare things stay rare.
        for step in Self.rare { weights[step] = (weights[step] ?? 0) / 4 }
        if let clockJumps {
            weights[.clockJump] = clockJumps
        } else if !random.once(in: 4) {
            // Where clocks are set, dates prove nothing, and the judge has to excuse more.
            weights[.clockJump] = 0
        }
        // A mark that comes late because the file could not be changed may be lost with the power, and nothing makes up
        // for it.
        if weights[.refuseMark] != 0 { weights[.powerLoss] = 0 }
        for step in [Step.start, .pass, .visit, .fetch, .read, .work] { weights[step] = max(3, weights[step] ?? 0) }
        self.weights = weights
        judge = Judge(clock: clock, hasJumps: weights[.clockJump] != 0)
        let broker = SimulatedBroker(partitionCount: Int32(random.number(1...2)))
        self.broker = broker
        var machines: [SimulatedMachine] = []
        let count = random.number(1...databases.count)
        var hasTiers = false
        if tiers, count > 1 { hasTiers = between.once(in: 2) }
        for database in databases.prefix(count) {
            let isShield = hasTiers && machines.isEmpty
            machines.append(
                try SimulatedMachine(
                    "edge-\(machines.count)", fence: random.pick(FenceMode.allCases),
                    after: .seconds(random.number(2...10)),
                    ask: asks ? visitors.pick([nil, .purge, .guard]) : nil,
                    tier: hasTiers
                        ? TierConfiguration(
                            name: isShield ? "shield" : "edge", above: isShield ? nil : "shield", isFilledFrom: isShield
                        )
                        : TierConfiguration(), state: "\(state)/\(machines.count)",
                    caches: random.number(1...2), queueEntriesMax: random.pick([4, 1000]), database: database,
                    broker: broker, clock: clock))
        }
        self.machines = machines
        shield = hasTiers ? machines.first : nil
        collector = SimulatedCollector(broker, at: CollectorInstant(monotonic: .zero, wall: Timestamp(milliseconds: 0)))
    }

    private var instant: CollectorInstant {
        CollectorInstant(monotonic: .milliseconds(clock.passed), wall: clock.now)
    }

    /// Runs the world, then lets everybody come back, and expects that all is confirmed in the end.
    mutating func run(steps: Int) throws {
        for machine in machines {
            try machine.start()
            try machine.read(limit: 1)
            machine.acknowledge()
        }
        // Who has never been heard is not waited for, so everybody is heard first.
        collector = SimulatedCollector(broker, at: instant)
        let order = Step.allCases.flatMap { [Step](repeating: $0, count: weights[$0] ?? 0) }
        for _ in 0..<steps {
            // No two things happen at once.
            clock.pass(1)
            try perform(random.pick(order))
            if between.once(in: 4) { tellTiers() }
            try check()
            for machine in machines where machine.askSpan != nil && visitors.once(in: 3) { try hit(on: machine) }
        }
        try respondLate()
        try goOnDespiteTrouble()
        try finish()
    }

    /// Responses that are on their way while everybody purges, and perhaps starts anew, in every history.
    private mutating func respondLate() throws {
        for machine in machines {
            for page in 0..<Page.count {
                try visit(page, on: machine, revalidates: random.once(in: 2))
                clock.pass(1)
                if machine.nginx.count > 0, random.once(in: 2) { machine.nginx.goOn(machine.nginx.count - 1) }
                clock.pass(1)
            }
        }
        pass(Int64(random.number(20...200)))
        try produce()
        for machine in machines {
            machine.isCutOff = false
            try machine.start()
            for _ in 0..<3 {
                clock.pass(1)
                try machine.read(limit: 100)
                try machine.work()
                tellTiers()
            }
            machine.acknowledge()
            try check()
            if random.once(in: 2) { try machine.crash() }
            try machine.start()
            for _ in 0..<3 * Page.count where machine.nginx.count > 0 {
                machine.nginx.goOn(random.number(0...machine.nginx.count - 1))
                pass(Int64(random.number(1...60)))
                if machine.askSpan != nil { try hit(on: machine) }
                try machine.work()
                try check()
            }
        }
    }

    // MARK: What happens

    private mutating func perform(_ step: Step) throws {
        let machine = random.pick(machines)
        switch step {
        case .produce: try produce()
        case .visit:
            let page = random.number(0...Page.count - 1)
            try visit(page, on: machine, revalidates: random.once(in: 3))
        case .fetch: if machine.nginx.count > 0 { machine.nginx.goOn(random.number(0...machine.nginx.count - 1)) }
        case .evict: machine.nginx.evict(random.number(0...Page.count - 1))
        case .read: try machine.read(limit: random.number(1...5))
        case .work: try machine.work()
        case .acknowledge: machine.acknowledge()
        case .ask: machine.ask()
        case .answer: machine.answer()
        case .crash: try machine.crash()
        case .powerLoss:
            var random = random
            try machine.losePower { _ in random.once(in: 2) }
            self.random = random
        case .start: try machine.start()
        case .cutOff: machine.isCutOff = true
        case .reconnect: machine.isCutOff = false
        case .truncate:
            let partition = Int32(random.number(0...Int(broker.partitionCount) - 1))
            broker.truncate(partition, to: (broker.ends[partition] ?? 0) - Int64(random.number(0...3)))
        case .drain: try machine.drain()
        case .resume: try machine.resume()
        case .collectEvents: collector.readEvents(broker, limit: random.number(1...5), now: instant)
        case .collectWords: collector.readAcknowledgements(broker, limit: random.number(1...9), now: instant)
        case .collectorCrash: collector = SimulatedCollector(broker, at: instant)
        case .clockJump: clock.set(by: Int64(random.number(-86_400_000...86_400_000)))
        // Mostly less than a fetch takes.
        case .pass: pass(Int64(random.number(0...random.pick([50, 50, 200, 1000]))))
        case .overflow: random.pick(machine.directories).overflow()
        case .refuseMark: machine.setMarkable(random.number(0...Page.count - 1), false)
        case .allowMark: machine.setMarkable(random.number(0...Page.count - 1), true)
        case .closeCache: random.pick(machine.directories).isClosed = true
        case .openCache: random.pick(machine.directories).isClosed = false
        }
        collector.advance(to: instant)
    }

    /// Milliseconds pass; the fence's threads look four times a second, whatever else happens.
    private func pass(_ time: Int64) {
        var left = time
        while left > 0 {
            clock.pass(min(left, 250))
            left -= 250
            for machine in machines { machine.look() }
        }
    }

    private mutating func produce() throws {
        let named = try Page.some(&random)
        var versions: [Int: Int] = [:]
        for page in named.pages {
            origin[page] += 1
            versions[page] = origin[page]
        }
        let event = PurgeEvent(
            id: .random(using: &random), zone: "z", scope: named.scope, selectors: named.selectors,
            mode: random.once(in: 3) ? .invalidate : .delete, acceptedAt: clock.now, source: "simulation")
        let entry = SimulatedBroker.Entry(
            event: event, versions: versions, accepted: clock.passed, jump: clock.jump,
            value: PurgeEventCodec.encode(event))
        places[event.id] = broker.append(entry, to: Int32(random.number(0...Int(broker.partitionCount) - 1)))
    }

    /// A visitor of a page that may be in the cache.
    private mutating func hit(on machine: SimulatedMachine) throws {
        let page = visitors.number(0...Page.count - 1)
        let file = try machine.askedFor(page)
        if file == nil, visitors.once(in: 3) { try visit(page, on: machine, revalidates: false) }
        guard let file, file.version < origin[page] else { return }
        for (place, entry) in broker.entries {
            // Without a fence what was promised goes with the power.
            let everywhere = machine.mode == .off ? nil : effective[place]
            guard let since = machine.effective[place] ?? everywhere,
                let fault = judge.fault(file, page: page, place, entry, effectiveSince: since, on: machine)
            else { continue }
            throw Violation(description: "effective, but \(fault)")
        }
    }

    /// A page is fetched, or checked, from the shield or the origin.
    private func visit(_ page: Int, on machine: SimulatedMachine, revalidates: Bool) throws {
        var version = origin[page]
        if let shield, shield !== machine {
            if let file = try shield.askedFor(page) {
                version = file.version
            } else {
                shield.visit(page, version: version, revalidates: false)
            }
        }
        machine.visit(page, version: version, revalidates: revalidates)
    }

    /// The collector tells how far the shield is, and some of the others hear one of its last words.
    private mutating func tellTiers() {
        guard shield != nil else { return }
        if between.once(in: 2) { words += collector.tierWords(at: instant) }
        for machine in machines where between.once(in: 2) {
            if let word = words.suffix(3).randomElement(using: &between) { machine.hear(word) }
        }
    }

    // MARK: What must hold

    private mutating func check() throws {
        for id in collector.takeReached(.effective) {
            guard let place = places[id] else { throw Violation(description: "\(id) was never produced") }
            if effective[place] == nil { effective[place] = clock.passed }
        }
        for id in collector.takeReached(.confirmed) {
            guard let place = places[id], effective[place] != nil else {
                throw Violation(description: "\(id) was never produced, or not effective")
            }
            if confirmed[place] == nil { confirmed[place] = clock.passed }
        }
        let entries = broker.entries
        for machine in machines {
            if machine.agent?.board.hasProblem(.database) == true {
                throw Violation(description: "\(machine.name): \(machine.agent?.board.problem ?? "")")
            }
            for page in 0..<Page.count { try check(page, entries, on: machine) }
            for mark in machine.directories.flatMap({ $0.takeMarks() }) {
                if let fault = judge.fault(mark, entries, on: machine) { throw Violation(description: fault) }
            }
        }
    }

    /// Confirmed means gone and stays so, and what is told as applied is.
    private func check(
        _ page: Int, _ entries: [SimulatedBroker.Place: SimulatedBroker.Entry], on machine: SimulatedMachine
    ) throws {
        guard let file = machine.nginx.file(page), file.isLive, file.version < origin[page] else { return }
        let isServed = machine.served(page) != nil
        let newest =
            entries.filter { $0.value.versions[page] != nil }
            .map { place, entry in max(entry.accepted, machine.told[place] ?? 0) }.max() ?? 0
        for (place, entry) in entries where (entry.versions[page] ?? 0) > file.version {
            let toldAt = machine.told[place]
            if let toldAt,
                let fault = judge.fault(file, page: page, place, entry, since: toldAt, newest: newest, on: machine)
            {
                throw Violation(description: "told as applied, but \(fault)")
            }
            if isServed, !machine.unsettled.contains(place), let confirmedAt = confirmed[place],
                let fault = judge.fault(
                    file, page: page, place, entry, since: max(confirmedAt, toldAt ?? clock.passed), newest: newest,
                    on: machine)
            {
                throw Violation(description: "confirmed, but \(fault)")
            }
        }
    }

    /// Everybody is back, and what makes trouble still does.
    private mutating func turn(_ milliseconds: Int64) throws {
        pass(milliseconds)
        for machine in machines {
            machine.isCutOff = false
            clock.pass(1)
            try machine.start()
            try machine.resume()
            try machine.read(limit: 100)
            for _ in 0..<3 {
                clock.pass(1)
                try machine.work()
            }
            machine.acknowledge()
            machine.ask()
            machine.answer()
            machine.look()
        }
        collector.readEvents(broker, limit: .max, now: instant)
        collector.readAcknowledgements(broker, limit: .max, now: instant)
        collector.advance(to: instant)
        words += shield == nil ? [] : collector.tierWords(at: instant)
        if let word = words.last { for machine in machines { machine.hear(word) } }
        try check()
    }

    /// A file that cannot be changed keeps only the purges that name it from being applied.
    private mutating func goOnDespiteTrouble() throws {
        guard machines.contains(where: { $0.directories.contains { !$0.unmarkable.isEmpty || $0.isClosed } }) else {
            return
        }
        for _ in 0..<20 { try turn(1000) }
        for machine in machines where !machine.directories.contains(where: \.isClosed) {
            // What the shield cannot do, nobody has done.
            let above = machine.fillsFromTier ? shield?.directories ?? [] : []
            guard !above.contains(where: \.isClosed) else { continue }
            let stuck = Set((machine.directories + above).flatMap(\.unmarkable))
            for progress in machine.agent?.queue.progress() ?? [] {
                // A queue that is full of what waits takes no more.
                let queued = min(
                    progress.queued, machine.fillsFromTier ? shield?.queued(progress.partition) ?? 0 : .max)
                for offset in 0..<max(0, queued) where !progress.hasApplied(offset) {
                    let place = SimulatedBroker.Place(partition: progress.partition, offset: offset)
                    let named = Set((broker.entries[place]?.versions ?? [:]).keys)
                    // A flush in place of missed purges names all, and what lies below it waits for it.
                    guard machine.flushedAt == nil, named.isDisjoint(with: stuck) else { continue }
                    throw Violation(
                        description: "\(place) names \(named) and waits on \(machine.name) for one of \(stuck)")
                }
            }
        }
    }

    /// What made trouble is over: every purge that can be is confirmed, and every cache is in use.
    private mutating func finish() throws {
        for machine in machines {
            for page in 0..<Page.count { machine.setMarkable(page, true) }
            for directory in machine.directories { directory.isClosed = false }
        }
        var turns = 0
        repeat {
            // Limit 70: marks of messages that Kafka forgot before the collector read them are never compared.
            if turns == 60, waiting.allSatisfy({ $0.offset < broker.lows[$0.partition] ?? 0 }) { try produceAnywhere() }
            try turn(500)
            turns += 1
        } while turns < 120 && !(machines.allSatisfy(\.isLive) && waiting.isEmpty)
        for place in waiting {
            let progress = machines.map { "\($0.name): \($0.agent?.queue.progress() ?? [])" }
            throw Violation(description: "\(place) was never confirmed; lows \(broker.lows), \(progress)")
        }
        for machine in machines where !machine.isLive {
            throw Violation(
                description:
                    "\(machine.name) (\(machine.mode)) is not live again: \(machine.agent?.board.problem ?? "")")
        }
        // Every guard ends, and what it let stay for a while is gone.
        for _ in 0..<8 { try turn(1000) }
    }

    /// One more purge in each partition.
    private mutating func produceAnywhere() throws {
        let before = broker.ends
        while (0..<broker.partitionCount).contains(where: { broker.ends[$0] == before[$0] }) { try produce() }
    }

    /// The purges that are not confirmed, and that the collector knows.
    private var waiting: [SimulatedBroker.Place] {
        // A collector that began after retention had taken it never heard of it.
        places.filter { confirmed[$0.value] == nil && collector.state.status(of: $0.key, now: instant) != nil }.map(
            \.value)
    }
}
