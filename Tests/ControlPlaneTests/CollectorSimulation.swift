import PurgeModel
import TestSupport

@testable import ControlPlane

/// A random world of agents and purges, told to a collector in a random order, with a slow and simple judge beside it.
struct CollectorSimulation {
    /// One cache machine; two with one name are two caches.
    private struct Machine: Hashable {
        let name: String
        let number: Int

        var identity: String { Samples.machine(number) }
    }

    /// One message of the acknowledgements.
    private enum Entry {
        case word(Acknowledgement, of: Machine)
        /// An operator said that a name is this machine's alone.
        case settlement(Acknowledgement, on: Machine)

        var machine: Machine {
            switch self {
            case .word(_, let machine), .settlement(_, let machine): machine
            }
        }
    }

    /// Something in the world did not hold.
    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    private static let window: Duration = .seconds(3)
    private static let margin: Duration = .seconds(2)

    private var generator: SeededGenerator
    private let partitionCount: Int
    private let agentNames: [String]
    private let fencing: Set<String>
    /// The machines that have spoken, by name; the first of each is there from the beginning.
    private var machinesOf: [String: [Machine]] = [:]
    private var state = CollectorState(
        settings: .init(instanceWindow: window, confirmationMargin: margin, keepsHistory: true))
    private var seconds = 0.0

    /// What Kafka holds.
    private var events: [PurgePosition: PurgeEvent] = [:]
    private var acknowledgements: [Entry] = []
    /// What the collector has read of it.
    private var readEvents: Set<PurgePosition> = []
    private var seenAt: [PurgePosition: Duration] = [:]
    private var lastHeard: [Machine: (word: Acknowledgement, at: Duration)] = [:]
    /// Whose each name is.
    private var holderOf: [String: Machine] = [:]
    private var reached = ByMilestone<Set<PurgePosition>>(each: [])
    /// Where each name stands: two or three tiers, each filling from the one before it, and some in none.
    private var tierOf: [String: AgentTier] = [:]
    /// What was told of tiers, by the present process.
    private var told: [String: Set<PurgePosition>] = [:]
    /// Machines that were silent when that was looked at last, and have not spoken since.
    private var lapsed: Set<Machine> = []
    /// Acknowledgements that Kafka has and the collector could not read yet, and until when it cannot.
    private var unread: [Entry] = []
    private var stalledUntil = 0.0
    /// Everything that was stored before was read.
    private var readTo: Duration?
    private var history = HistoryModel()
    private var positions: [PurgeID: PurgePosition] = [:]

    /// What is true on the machines.
    private var appliedOn: [Machine: Set<PurgePosition>] = [:]
    private var instanceOf: [Machine: Int] = [:]
    private var nextOffset: [Int32: Int64] = [:]
    private var silentUntil: [Machine: Double] = [:]
    private var drained: Set<Machine> = []
    /// Machines whose proxy asks.
    private var asked: Set<Machine> = []

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        partitionCount = Int.random(in: 1...3, using: &generator)
        agentNames = (0..<Int.random(in: 1...6, using: &generator)).map { "agent-\($0)" }
        var fencing: Set<String> = []
        for name in agentNames where generator.once(in: 3) { fencing.insert(name) }
        self.fencing = fencing
        let tierCount = Int.random(in: 2...3, using: &generator)
        for name in agentNames {
            let tier = Int.random(in: 0...tierCount, using: &generator)
            if tier < tierCount {
                tierOf[name] = AgentTier(name: "tier-\(tier)", above: tier > 0 ? "tier-\(tier - 1)" : nil)
            }
        }
        for name in agentNames {
            let machine = Machine(name: name, number: 1)
            machinesOf[name] = [machine]
            holderOf[name] = machine
        }
    }

    /// Runs the world for a while, lets everybody finish, and compares with a collector that starts over.
    mutating func run(steps: Int) throws {
        for name in agentNames {
            let machine = Machine(name: name, number: 1)
            if generator.once(in: 2) { asked.insert(machine) }
            speak(machine)
        }
        state.purgesCaughtUp()
        acknowledgementsCaughtUp()
        for _ in 0..<steps {
            try step()
            try judge()
        }
        try finish()
        try compareWithFresh()
    }

    // MARK: What happens

    private var now: CollectorInstant { Samples.instant(seconds) }

    private mutating func step() throws {
        seconds += Double.random(in: 0...1.5, using: &generator)
        advance()
        let name = agentNames.randomElement(using: &generator) ?? ""
        let machine = machinesOf[name]?.randomElement(using: &generator) ?? Machine(name: name, number: 1)
        switch Int.random(in: 0..<28, using: &generator) {
        case 0..<5: try produce()
        case 5..<7: readEvent()
        case 7..<10: apply(on: machine)
        case 10..<16: if silentUntil[machine, default: 0] <= seconds { speak(machine) }
        case 16: instanceOf[machine, default: 0] += generator.once(in: 2) ? 1 : 0
        case 17: silentUntil[machine] = seconds + Double.random(in: 0...40, using: &generator)
        case 18: repeatSomething()
        case 19: drained.formSymmetricDifference([machine])
        case 20: stalledUntil = seconds + Double.random(in: 0...20, using: &generator)
        case 21: history.take(state.takeChanges())
        case 22: if generator.once(in: 2) { try restart() }
        case 23: startAnother(name)
        case 24: if generator.once(in: 2), unread.isEmpty { try settle(name) }
        case 25: asked.formSymmetricDifference([machine])
        default:
            // The disk of a machine is lost, and with it what it knew; rare, but then everything is open again there.
            if generator.once(in: 4) { appliedOn[machine] = [] }
        }
        try letTimePass()
    }

    /// While reading stalls, time passes and nothing is proved.
    private mutating func letTimePass() throws {
        guard seconds >= stalledUntil else { return advance() }
        for entry in unread {
            hear(entry)
            advance()
            try judge()
        }
        unread = []
        readTo = now.monotonic
        state.provedRead(acksPartition: 0, to: now.monotonic)
        advance()
    }

    private mutating func advance() {
        state.advance(to: now)
        for (machine, heard) in lastHeard where now.monotonic - heard.at > heard.word.fenceAfter {
            lapsed.insert(machine)
        }
    }

    /// However old the words are that were read: what they say of being asked counts when it is said again.
    private mutating func acknowledgementsCaughtUp() {
        state.acknowledgementsCaughtUp(at: now)
        lapsed = Set(machinesOf.values.joined())
    }

    /// Another machine with the same name is set up: a clone, or one that was to take the place of the first.
    private mutating func startAnother(_ name: String) {
        guard let machines = machinesOf[name], machines.count < 3 else { return }
        let machine = Machine(name: name, number: machines.count + 1)
        machinesOf[name]?.append(machine)
        speak(machine)
    }

    /// An operator says which machine has a name from now on.
    private mutating func settle(_ name: String) throws {
        // What was confirmed until now was so with the machines that leave.
        try judge()
        let heard = (machinesOf[name] ?? []).filter { lastHeard[$0] != nil }
        guard let machine = heard.randomElement(using: &generator), let word = lastHeard[machine]?.word else { return }
        let entry = Entry.settlement(word, on: machine)
        acknowledgements.append(entry)
        hear(entry)
    }

    /// The topic keeps of its older messages the last one of each name; or none, where it is made anew.
    ///
    /// What a collector knew of other machines is in its history; of these it does not know whether they are fenced.
    private mutating func compact() {
        history.take(state.takeChanges())
        let count = Int.random(in: 0...acknowledgements.count, using: &generator)
        var last: [String: Int] = [:]
        for index in 0..<count { last[acknowledgements[index].machine.name] = index }
        if generator.once(in: 2) { last = [:] }
        acknowledgements = acknowledgements.indices.filter { index in
            index >= count || last[acknowledgements[index].machine.name] == index
        }.map { acknowledgements[$0] }
        let told = Set(acknowledgements.map(\.machine))
        let claims = history.restored.claims
        for (machine, heard) in lastHeard where !told.contains(machine) {
            var word = claims[machine.name]?.words.first { $0.machine == machine.identity } ?? heard.word
            word = word.reliable
            lastHeard[machine] = (word, heard.at)
        }
    }

    /// A new process takes over: it has what was stored, and reads the rest of the purges and all acknowledgements.
    private mutating func restart() throws {
        if unread.isEmpty, generator.once(in: 2) { compact() }
        state = CollectorState(settings: state.settings)
        told = [:]
        state.restore(history.restored, now: now)
        (stalledUntil, unread) = (0, [])
        for position in events.keys.sorted(by: { ($0.partition, $0.offset) < ($1.partition, $1.offset) }) {
            guard position.offset >= history.readTo[position.partition] ?? 0, let event = events[position] else {
                continue
            }
            readEvents.insert(position)
            state.receive(event, bytes: 100, at: position, now: now)
        }
        // What was accepted, is not read yet and was not stored is read now; all else is known.
        for position in events.keys { seenAt[position] = now.monotonic }
        state.purgesCaughtUp()
        for entry in acknowledgements { tell(entry, to: &state) }
        // What was repeated is no part of the topic.
        for entry in acknowledgements { lastHeard[entry.machine] = nil }
        for entry in acknowledgements { note(entry) }
        acknowledgementsCaughtUp()
        for milestone in Milestone.allCases {
            reached[milestone] = reached[milestone].filter { position in
                // What was reached after the last write is open again, until the agents' words say the same.
                events[position].map { !state.isAwaited(milestone, of: $0.id) } ?? false
            }
        }
        try letTimePass()
    }

    private mutating func produce() throws {
        let partition = Int32.random(in: 0..<Int32(partitionCount), using: &generator)
        // Offsets have gaps, as transactions leave them.
        let offset = nextOffset[partition, default: 0] + (generator.once(in: 5) ? 2 : 0)
        nextOffset[partition] = offset + 1
        let position = PurgePosition(partition: partition, offset: offset)
        let event = try Samples.event(events.count + 1, acceptedAt: now.wall.milliseconds)
        events[position] = event
        positions[event.id] = position
        if generator.once(in: 2) {
            state.accepted(event, bytes: 100, at: position, acceptedAt: now.monotonic, now: now)
            seenAt[position] = now.monotonic
        }
    }

    private mutating func readEvent() {
        // In the order of each partition, as Kafka gives them.
        let next = (0..<Int32(partitionCount)).compactMap { partition in
            events.keys.filter { $0.partition == partition && !readEvents.contains($0) }.min { $0.offset < $1.offset }
        }
        guard let position = next.randomElement(using: &generator), let event = events[position] else { return }
        readEvents.insert(position)
        if seenAt[position] == nil { seenAt[position] = now.monotonic }
        state.receive(event, bytes: 100, at: position, now: now)
    }

    private mutating func apply(on machine: Machine) {
        for position in events.keys where generator.once(in: 3) { appliedOn[machine, default: []].insert(position) }
    }

    private mutating func speak(_ machine: Machine) {
        let entry = Entry.word(word(of: machine), of: machine)
        acknowledgements.append(entry)
        // What was stored first is read first.
        if seconds < stalledUntil || !unread.isEmpty { unread.append(entry) } else { hear(entry) }
    }

    private mutating func hear(_ entry: Entry) {
        note(entry)
        tell(entry, to: &state)
    }

    /// What the judge makes of a message: who is waited for, whatever the collector makes of it.
    private mutating func note(_ entry: Entry) {
        switch entry {
        case .word(let word, let machine):
            lastHeard[machine] = (word, now.monotonic)
            lapsed.remove(machine)
        case .settlement(let word, let machine):
            for other in machinesOf[machine.name] ?? [] where other != machine { lastHeard[other] = nil }
            holderOf[machine.name] = machine
            if lastHeard[machine] == nil {
                lastHeard[machine] = (word, now.monotonic)
                lapsed.remove(machine)
            }
        }
    }

    private func tell(_ entry: Entry, to state: inout CollectorState) {
        switch entry {
        case .word(let word, _): state.receive(word, now: now)
        case .settlement(let word, _): state.settle(on: word, now: now)
        }
    }

    /// Tells something a second time; an old word of the same instance too.
    private mutating func repeatSomething() {
        if generator.once(in: 2) {
            if let position = readEvents.randomElement(using: &generator), let event = events[position] {
                state.receive(event, bytes: 100, at: position, now: now)
            }
        } else if unread.isEmpty {
            // Kafka repeats nothing from before an operator's word after it.
            let last = acknowledgements.lastIndex { if case .settlement = $0 { true } else { false } } ?? -1
            let entry = acknowledgements[(last + 1)...].suffix(10).randomElement(using: &generator)
            if let entry { hear(entry) }
        }
    }

    private mutating func word(of machine: Machine) -> Acknowledgement {
        let name = machine.name
        var applied: [Int32: Int64] = [:]
        var ranges: [Int32: [ClosedRange<Int64>]] = [:]
        var effective: [Int32: Int64] = [:]
        let done = appliedOn[machine] ?? []
        for partition in 0..<Int32(partitionCount) {
            var next: Int64 = 0
            let end = nextOffset[partition, default: 0]
            func isDone(_ offset: Int64) -> Bool {
                let position = PurgePosition(partition: partition, offset: offset)
                return done.contains(position) || events[position] == nil
            }
            while next < end, isDone(next) { next += 1 }
            applied[partition] = next
            ranges[partition] = (next..<max(next, end)).filter(isDone).map { $0...$0 }
            if asked.contains(machine) { effective[partition] = .random(in: next...max(next, end), using: &generator) }
        }
        let recent = done.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }.map {
            Samples.result($0.partition, $0.offset, removed: Int($0.offset % 7))
        }
        return Samples.acknowledgement(
            name, instance: "\(name)/\(machine.number)/\(instanceOf[machine, default: 0])", machine: machine.identity,
            sentAt: now.wall.milliseconds, applied: applied,
            ranges: ranges, effective: effective, fence: fencing.contains(name) ? .cutOff : .behind, recent: recent,
            drained: drained.contains(machine), tier: tierOf[name])
    }

    // MARK: What must hold

    /// Asks the rule about every purge and every agent, from what was heard, and compares.
    private mutating func judge() throws {
        for milestone in Milestone.allCases {
            for id in state.takeReached(milestone) {
                guard let position = positions[id] else { throw Violation(description: "\(id) was never produced") }
                guard isDone(position, milestone) else {
                    let status = state.status(of: id, now: now)?.byAgent ?? []
                    throw Violation(
                        description:
                            "\(position) is \(milestone) too early: \(views(of: position, milestone)), \(status)")
                }
                reached[milestone].insert(position)
            }
            for position in reached[milestone] {
                guard let id = events[position]?.id, !state.isAwaited(milestone, of: id) else {
                    throw Violation(description: "\(position) was \(milestone) and is not any more")
                }
            }
        }
        guard reached.confirmed.isSubset(of: reached.effective) else {
            throw Violation(description: "\(reached.confirmed.subtracting(reached.effective)) are not effective")
        }
        try judgeTiers()
        for position in seenAt.keys where !reached.confirmed.contains(position) {
            // What is not effective cannot be confirmed.
            let next = reached.effective.contains(position) ? Milestone.confirmed : .effective
            guard !isDone(position, next) else {
                throw Violation(description: "\(position) is done and not \(next)")
            }
        }
    }

    /// Of a tier that others fill from nothing may be told before nobody of it stands in the way.
    private mutating func judgeTiers() throws {
        for word in state.tierWords(at: now) {
            guard tierOf.values.contains(where: { $0.above == word.tier }) else {
                throw Violation(description: "nobody fills from \(word.tier)")
            }
            let before = told[word.tier] ?? []
            for progress in word.partitions {
                let positions = events.keys.filter { $0.partition == progress.partition }
                for position in positions where progress.hasApplied(position.offset) && !before.contains(position) {
                    let views = views(of: position, .confirmed) { tierOf[$0.name]?.name == word.tier }
                    let standings = ConfirmationRule.evaluate(
                        partition: position.partition, offset: position.offset, agents: views, margin: Self.margin
                    ).standings
                    guard readEvents.contains(position), standings.values.allSatisfy(\.isDone) else {
                        throw Violation(description: "\(position) is told of \(word.tier) too early: \(views)")
                    }
                    told[word.tier, default: []].insert(position)
                }
            }
            guard positions(toldBy: word).isSuperset(of: before) else {
                throw Violation(description: "what was told of \(word.tier) is not any more: \(word)")
            }
        }
    }

    private func positions(toldBy word: TierWord) -> Set<PurgePosition> {
        Set(
            events.keys.filter { position in
                word.partitions.contains { $0.partition == position.partition && $0.hasApplied(position.offset) }
            })
    }

    private func isDone(_ position: PurgePosition, _ milestone: Milestone) -> Bool {
        let (partition, offset) = (position.partition, position.offset)
        let agents = views(of: position, milestone)
        return switch milestone {
        case .effective:
            ConfirmationRule.isEffective(partition: partition, offset: offset, agents: agents, margin: Self.margin)
        case .confirmed:
            ConfirmationRule.evaluate(partition: partition, offset: offset, agents: agents, margin: Self.margin)
                .isConfirmed
        }
    }

    /// Every machine as the rule wants to see it.
    private func views(
        of position: PurgePosition, _ milestone: Milestone, where isMeant: (Machine) -> Bool = { _ in true }
    ) -> [AgentView] {
        let members = Dictionary(
            state.agents.filter(\.isMember).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return lastHeard.filter { isMeant($0.key) }.map { machine, heard -> AgentView in
            let member =
                holderOf[machine.name] == machine
                ? machine.name : NameHolders.member(machine.name, machine.identity)
            let standing = members[member]?.tracker.standing
            let (word, heardAt) = heard
            let seenAt = seenAt[position] ?? now.monotonic
            // Whatever is concluded without a word is concluded as of the moment up to which all words are known.
            let knownTo = max(heardAt, readTo ?? heardAt)
            let silence =
                word.fence == .cutOff ? min(knownTo - heardAt, knownTo - seenAt) : now.monotonic - heardAt
            let isSettled = standing == .settled
            var progress = isSettled ? word.progress(in: position.partition) : nil
            if lapsed.contains(machine) { progress?.effective = nil }
            let isExcused = word.drained && isSettled && readTo.map { $0 >= seenAt } ?? false
            // Who was drained has left, but what it did before is not forgotten.
            let isDone = milestone == .effective ? progress?.isEffective : progress?.hasApplied
            return AgentView(
                agent: member, silence: silence, fence: word.fence, fenceAfter: word.fenceAfter, progress: progress,
                isConflicted: standing == .conflicted,
                hasLeft: isExcused && isDone?(position.offset) != true)
        }
    }

    /// Everybody applies everything and speaks alone for long enough.
    private mutating func finish() throws {
        while readEvents.count < events.count {
            readEvent()
            try judge()
        }
        stalledUntil = 0
        try letTimePass()
        drained = []
        for name in agentNames {
            try settle(name)
            try judge()
            if let holder = holderOf[name] { appliedOn[holder] = Set(events.keys) }
        }
        for _ in 0..<6 {
            seconds += 1
            try letTimePass()
            try judge()
            for machine in holderOf.values.sorted(by: { $0.name < $1.name }) {
                speak(machine)
                try judge()
            }
        }
        guard reached.confirmed.count == events.count else {
            throw Violation(description: "\(events.count - reached.confirmed.count) purges were never confirmed")
        }
        for word in state.tierWords(at: now) where positions(toldBy: word).count < events.count {
            throw Violation(description: "not everything is told of \(word.tier): \(word)")
        }
    }

    /// A new process reads both topics, the acknowledgements compacted or not, and must answer the same.
    private mutating func compareWithFresh() throws {
        for isCompacted in [false, true] {
            var fresh = CollectorState(settings: state.settings)
            for position in events.keys.sorted(by: { ($0.partition, $0.offset) < ($1.partition, $1.offset) }) {
                guard let event = events[position] else { continue }
                fresh.receive(event, bytes: 100, at: position, now: now)
            }
            fresh.purgesCaughtUp()
            let last = Dictionary(acknowledgements.map { ($0.machine.name, $0) }, uniquingKeysWith: { $1 })
            for entry in isCompacted ? Array(last.values) : acknowledgements { tell(entry, to: &fresh) }
            guard fresh.takeConfirmed().isEmpty else {
                throw Violation(description: "confirmed before the end was read")
            }
            fresh.acknowledgementsCaughtUp(at: now)
            for event in events.values {
                guard let before = state.status(of: event.id, now: now),
                    let after = fresh.status(of: event.id, now: now)
                else {
                    throw Violation(description: "\(event.id) is unknown after a restart")
                }
                // When it happened is known as well as the agents still tell; what machines removed that have left is
                // told by nobody any more.
                let areAlone = machinesOf.values.allSatisfy { $0.count == 1 }
                guard before.comparable(isWhole: areAlone) == after.comparable(isWhole: areAlone) else {
                    throw Violation(description: "before \(before)\nafter \(after)")
                }
            }
        }
    }
}

extension PurgeStatus {
    /// The same without what it has reached when, and who is asked; where it is not whole, also without what was
    /// removed.
    fileprivate func comparable(isWhole: Bool) -> PurgeStatus {
        PurgeStatus(
            id: id, zone: zone, mode: mode, source: source, reason: reason, acceptedAt: acceptedAt,
            selectors: selectors, scope: scope, partition: partition, offset: offset, state: state,
            removed: isWhole ? removed : 0,
            bytes: isWhole ? bytes : 0,
            agents: AgentCounts(
                expected: agents.expected, applied: agents.applied, safe: agents.safe, pending: agents.pending,
                missing: agents.missing, conflicted: agents.conflicted),
            byAgent: isWhole
                ? byAgent?.map { share in
                    AgentShare(
                        agent: share.agent, region: share.region, standing: share.standing, appliedAt: share.appliedAt,
                        removed: share.removed, bytes: share.bytes, tookUs: share.tookUs)
                } : nil)
    }
}
