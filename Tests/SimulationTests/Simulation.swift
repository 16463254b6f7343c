import PurgeModel
import TestSupport

@testable import ControlPlane
@testable import EdgeAgent

/// A whole EdgePurge under a simulated clock: machines with real queues and fences, a real collector, a broker and an
/// origin.
///
/// Everything is drawn from the seed. Some operations are left out of each run, so that what is rare in one is frequent
/// in another.
struct Simulation {
    /// Something in the world did not hold.
    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    private enum Step: CaseIterable {
        case produce, fill, land, read, apply, acknowledge, ask, answer, tick, crash, start, cutOff, reconnect, truncate
        case drain, resume, collectEvents, collectWords, collectorCrash, clockJump, pass
    }

    static let pages = 5

    private var random: SeededGenerator
    private let weights: [Step: Int]
    private var broker: SimulatedBroker
    private let machines: [SimulatedMachine]
    private var collector: SimulatedCollector
    private var origin = [Int](repeating: 1, count: pages)
    private var seconds = 0.0
    private let epoch = ContinuousClock.now
    private var places: [PurgeID: SimulatedBroker.Place] = [:]
    private var confirmed: Set<SimulatedBroker.Place> = []

    /// - Parameters:
    ///   - databases: one for each machine, emptied.
    ///   - clockJumps: how often wall clocks are set, where the seed is not to say it; other things happen 1 to 10
    ///     times as often, or never.
    init(seed: UInt64, databases: [AgentDatabase], clockJumps: Int? = nil) throws {
        random = SeededGenerator(seed: seed)
        var weights: [Step: Int] = [:]
        for step in Step.allCases { weights[step] = random.once(in: 5) ? 0 : random.number(1...10) }
        // Rare things stay rare.
        for step in [Step.crash, .cutOff, .truncate, .drain, .collectorCrash, .clockJump] {
            weights[step] = (weights[step] ?? 0) / 4
        }
        if let clockJumps { weights[.clockJump] = clockJumps }
        for step in [Step.start, .pass, .tick] { weights[step] = max(2, weights[step] ?? 0) }
        self.weights = weights
        broker = SimulatedBroker(partitionCount: Int32(random.number(1...2)))
        var machines: [SimulatedMachine] = []
        for database in databases.prefix(random.number(1...databases.count)) {
            let mode = random.pick(FenceMode.allCases)
            let fence = FenceStateMachine.Settings(mode: mode, after: .seconds(random.number(2...10)))
            machines.append(SimulatedMachine("edge-\(machines.count)", fence: fence, database: database))
        }
        self.machines = machines
        collector = SimulatedCollector(broker, at: CollectorInstant(monotonic: .zero, wall: Timestamp(milliseconds: 0)))
    }

    private var now: ContinuousClock.Instant { epoch + .milliseconds(Int64(seconds * 1000)) }
    private var instant: CollectorInstant {
        CollectorInstant(monotonic: .milliseconds(Int64(seconds * 1000)), wall: wall)
    }
    private var wall: Timestamp { Timestamp(milliseconds: 1_700_000_000_000 + Int64(seconds * 1000) + wallJump) }
    /// How far somebody has set the clocks forth or back, in milliseconds.
    private var wallJump: Int64 = 0

    /// Runs the world, then lets everybody come back, and expects that all is confirmed in the end.
    mutating func run(steps: Int) throws {
        for machine in machines {
            try machine.start(now: now)
            // A cache that was in use before its agent has ever read Kafka may hold what retention has taken the purge
            // of.
            try machine.read(broker, limit: 1, now: now)
            machine.acknowledge(&broker, now: now, wall: wall)
        }
        // Who has never been heard is not waited for, so everybody is heard first.
        collector = SimulatedCollector(broker, at: instant)
        let order = Step.allCases.flatMap { [Step](repeating: $0, count: weights[$0] ?? 0) }
        for _ in 0..<steps {
            try perform(random.pick(order))
            try judge()
        }
        try finish()
    }

    // MARK: What happens

    private mutating func perform(_ step: Step) throws {
        let machine = random.pick(machines)
        switch step {
        case .produce: try produce()
        case .fill:
            let page = random.number(0...Self.pages - 1)
            machine.beginFill(page, version: origin[page])
        case .land: if !machine.fills.isEmpty { machine.land(random.number(0...machine.fills.count - 1)) }
        case .read: try machine.read(broker, limit: random.number(1...5), now: now)
        case .apply: try machine.apply(broker, &random, now: now)
        case .acknowledge:
            machine.acknowledge(&broker, now: now, wall: wall)
            try judgeWords()
        case .ask: machine.ask(broker, now: now)
        case .answer: machine.answer(now: now)
        case .tick: machine.tick(now: now)
        case .crash: machine.crash()
        case .start: if !machine.isAlive { try machine.start(now: now) }
        case .cutOff: machine.isCutOff = true
        case .reconnect: machine.isCutOff = false
        case .truncate:
            let partition = Int32(random.number(0...Int(broker.partitionCount) - 1))
            broker.truncate(partition, to: (broker.ends[partition] ?? 0) - Int64(random.number(0...3)))
        case .drain: machine.drain(now: now)
        case .resume: machine.resume(now: now)
        case .collectEvents: collector.readEvents(broker, limit: random.number(1...5), now: instant)
        case .collectWords: collector.readAcknowledgements(broker, limit: random.number(1...9), now: instant)
        case .collectorCrash: collector = SimulatedCollector(broker, at: instant)
        case .clockJump: wallJump += Int64(random.number(-86_400_000...86_400_000))
        case .pass: pass(Double.random(in: 0...1, using: &random))
        }
        collector.advance(to: instant)
    }

    /// Time passes; the fence's threads look four times a second, whatever else happens.
    private mutating func pass(_ time: Double) {
        let end = seconds + time
        while seconds < end {
            seconds = min(end, seconds + 0.25)
            for machine in machines { machine.tick(now: now) }
        }
    }

    private mutating func produce() throws {
        var versions: [Int: Int] = [:]
        for _ in 0..<random.number(1...3) {
            let page = random.number(0...Self.pages - 1)
            origin[page] += 1
            versions[page] = origin[page]
        }
        let tags = try versions.keys.sorted().map { try CacheTag(validating: "page-\($0)") }
        let event = PurgeEvent(
            id: .random(using: &random), zone: "z", scope: .all, selectors: Selectors(tags: tags), acceptedAt: wall,
            source: "simulation")
        let partition = Int32(random.number(0...Int(broker.partitionCount) - 1))
        places[event.id] = broker.append(SimulatedBroker.Entry(event: event, versions: versions), to: partition)
    }

    // MARK: What must hold

    /// Confirmed means gone, and stays so.
    private mutating func judge() throws {
        for id in collector.takeConfirmed() {
            guard let place = places[id] else { throw Violation(description: "\(id) was never produced") }
            confirmed.insert(place)
        }
        for place in confirmed {
            guard let entry = broker.entries[place] else { continue }
            for machine in machines where machine.isAlive || machine.fence.mode != .off {
                for (page, version) in entry.versions {
                    guard let served = machine.served(page), served < version else { continue }
                    throw Violation(
                        description:
                            "\(place) is confirmed, and \(machine.name) (\(machine.fence.mode)) serves version "
                            + "\(served) of page \(page), not \(version)")
                }
            }
        }
    }

    /// What was said last is true: nothing is told as applied that was not, no offset is skipped.
    private func judgeWords() throws {
        guard let word = broker.acknowledgements.last, let machine = machines.first(where: { $0.name == word.agent })
        else { return }
        for progress in word.partitions {
            for offset in 0..<(broker.ends[progress.partition] ?? 0) where progress.hasApplied(offset) {
                let place = SimulatedBroker.Place(partition: progress.partition, offset: offset)
                // What retention had taken before the machine began is nobody's to apply; its cache was empty then.
                guard !machine.applied.contains(place), offset >= machine.firstOffsets[progress.partition] ?? 0 else {
                    continue
                }
                throw Violation(description: "\(machine.name) told \(place) as applied, which it is not")
            }
        }
    }

    /// Everybody comes back and works: every purge that can be is confirmed, and every cache is in use.
    private mutating func finish() throws {
        for machine in machines { machine.isCutOff = false }
        for _ in 0..<60 {
            pass(0.5)
            for machine in machines {
                if !machine.isAlive { try machine.start(now: now) }
                machine.resume(now: now)
                try machine.read(broker, limit: 100, now: now)
                for _ in 0..<50 { try machine.apply(broker, &random, now: now) }
                machine.acknowledge(&broker, now: now, wall: wall)
                try judgeWords()
                machine.ask(broker, now: now)
                machine.answer(now: now)
                machine.tick(now: now)
            }
            collector.readEvents(broker, limit: .max, now: instant)
            collector.readAcknowledgements(broker, limit: .max, now: instant)
            collector.advance(to: instant)
            try judge()
        }
        for (id, place) in places where !confirmed.contains(place) {
            // A collector that began after retention had taken it never heard of it.
            guard collector.state.status(of: id, now: instant) != nil else { continue }
            throw Violation(description: "\(place) was never confirmed")
        }
        for machine in machines where !machine.isLive {
            throw Violation(description: "\(machine.name) (\(machine.fence.mode)) is not live again")
        }
    }
}
