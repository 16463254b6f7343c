import PurgeModel
import TestSupport

@testable import ControlPlane

/// A random world of agents and purges, told to a collector in a random order, with a slow and simple judge beside it.
struct CollectorSimulation {
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
    private var state = CollectorState(
        settings: .init(instanceWindow: window, confirmationMargin: margin, keepsHistory: true))
    private var seconds = 0.0

    /// What Kafka holds.
    private var events: [PurgePosition: PurgeEvent] = [:]
    private var acknowledgements: [Acknowledgement] = []
    /// What the collector has read of it.
    private var readEvents: Set<PurgePosition> = []
    private var seenAt: [PurgePosition: Duration] = [:]
    private var lastHeard: [String: (word: Acknowledgement, at: Duration)] = [:]
    private var confirmed: Set<PurgePosition> = []
    /// Acknowledgements that Kafka has and the collector could not read yet, and until when it cannot.
    private var unread: [Acknowledgement] = []
    private var stalledUntil = 0.0
    /// Everything that was stored before was read.
    private var readTo: Duration?
    private var history = HistoryModel()
    private var positions: [PurgeID: PurgePosition] = [:]

    /// What is true on the machines.
    private var appliedOn: [String: Set<PurgePosition>] = [:]
    private var instanceOf: [String: Int] = [:]
    private var nextOffset: [Int32: Int64] = [:]
    private var silentUntil: [String: Double] = [:]
    private var drained: Set<String> = []

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        partitionCount = Int.random(in: 1...3, using: &generator)
        agentNames = (0..<Int.random(in: 1...6, using: &generator)).map { "agent-\($0)" }
        var fencing: Set<String> = []
        for name in agentNames where generator.once(in: 3) { fencing.insert(name) }
        self.fencing = fencing
    }

    /// Runs the world for a while, lets everybody finish, and compares with a collector that starts over.
    mutating func run(steps: Int) throws {
        for name in agentNames { try speak(name) }
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: now)
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
        let name = agentNames.randomElement(using: &generator) ?? ""
        switch Int.random(in: 0..<24, using: &generator) {
        case 0..<5: try produce()
        case 5..<7: readEvent()
        case 7..<10: apply(on: name)
        case 10..<16: if silentUntil[name, default: 0] <= seconds { try speak(name) }
        case 16: instanceOf[name, default: 0] += generator.once(in: 2) ? 1 : 0
        case 17: silentUntil[name] = seconds + Double.random(in: 0...40, using: &generator)
        case 18: repeatSomething()
        case 19: drained.formSymmetricDifference([name])
        case 20: stalledUntil = seconds + Double.random(in: 0...20, using: &generator)
        case 21: history.take(state.takeChanges())
        case 22: if generator.once(in: 5) { try restart() }
        default:
            // The disk of a machine is lost, and with it what it knew; rare, but then everything is open again there.
            if generator.once(in: 4) { appliedOn[name] = [] }
        }
        try letTimePass()
    }

    /// While reading stalls, time passes and nothing is proved.
    private mutating func letTimePass() throws {
        guard seconds >= stalledUntil else {
            state.advance(to: now)
            return
        }
        for word in unread {
            hear(word)
            state.advance(to: now)
            try judge()
        }
        unread = []
        readTo = now.monotonic
        state.letTimePass(to: now)
    }

    /// A new process takes over: it has what was stored, and reads the rest of the purges and all acknowledgements.
    private mutating func restart() throws {
        state = CollectorState(settings: state.settings)
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
        for word in acknowledgements { hear(word) }
        state.acknowledgementsCaughtUp(at: now)
        confirmed = confirmed.filter { position in
            // What was confirmed after the last write is open again, until the agents' words say the same.
            events[position].map { !state.isOpen($0.id) } ?? false
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

    private mutating func apply(on name: String) {
        for position in events.keys where generator.once(in: 3) { appliedOn[name, default: []].insert(position) }
    }

    private mutating func speak(_ name: String) throws {
        let word = word(of: name)
        acknowledgements.append(word)
        if seconds < stalledUntil { unread.append(word) } else { hear(word) }
    }

    private mutating func hear(_ word: Acknowledgement) {
        lastHeard[word.agent] = (word, now.monotonic)
        state.receive(word, now: now)
    }

    /// Tells something a second time; an old word of the same instance too.
    private mutating func repeatSomething() {
        if generator.once(in: 2) {
            if let position = readEvents.randomElement(using: &generator), let event = events[position] {
                state.receive(event, bytes: 100, at: position, now: now)
            }
        } else if seconds >= stalledUntil, let word = acknowledgements.suffix(10).randomElement(using: &generator) {
            hear(word)
        }
    }

    private func word(of name: String) -> Acknowledgement {
        var applied: [Int32: Int64] = [:]
        var ranges: [Int32: [ClosedRange<Int64>]] = [:]
        let done = appliedOn[name] ?? []
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
        }
        let recent = done.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }.map {
            Samples.result($0.partition, $0.offset, removed: Int($0.offset % 7))
        }
        return Samples.acknowledgement(
            name, instance: "\(name)/\(instanceOf[name, default: 0])", sentAt: now.wall.milliseconds, applied: applied,
            ranges: ranges, fence: fencing.contains(name) ? .cutOff : .behind, recent: recent,
            drained: drained.contains(name))
    }

    // MARK: What must hold

    /// Asks the rule about every purge and every agent, from what was heard, and compares.
    private mutating func judge() throws {
        for id in state.takeConfirmed() {
            guard let position = positions[id] else { throw Violation(description: "\(id) was never produced") }
            guard isDone(position) else { throw Violation(description: "\(position) is confirmed too early") }
            confirmed.insert(position)
        }
        for position in seenAt.keys where !confirmed.contains(position) {
            guard !isDone(position) else { throw Violation(description: "\(position) is done and not confirmed") }
        }
        for position in confirmed {
            guard let id = events[position]?.id, !state.isOpen(id) else {
                throw Violation(description: "\(position) was confirmed and is not any more")
            }
        }
    }

    private func isDone(_ position: PurgePosition) -> Bool {
        let views = state.agents.map { agent -> AgentView in
            let heard = lastHeard[agent.name]
            let word = heard?.word ?? agent.acknowledgement
            let heardAt = heard?.at ?? .zero
            let seenAt = seenAt[position] ?? now.monotonic
            // Whatever is concluded without a word is concluded as of the moment up to which all words are known.
            let knownTo = max(heardAt, readTo ?? heardAt)
            let silence =
                word.fence == .cutOff ? min(knownTo - heardAt, knownTo - seenAt) : now.monotonic - heardAt
            let isSettled = agent.tracker.standing == .settled
            let progress = isSettled ? word.progress(in: position.partition) : nil
            let isExcused = word.drained && isSettled && readTo.map { $0 >= seenAt } ?? false
            return AgentView(
                agent: agent.name, silence: silence, fence: word.fence, fenceAfter: word.fenceAfter, progress: progress,
                isConflicted: agent.tracker.standing == .conflicted,
                hasLeft: isExcused && progress?.hasApplied(position.offset) != true)
        }
        return ConfirmationRule.evaluate(
            partition: position.partition, offset: position.offset, agents: views, margin: Self.margin
        ).isConfirmed
    }

    /// Everybody applies everything and speaks alone for long enough.
    private mutating func finish() throws {
        while readEvents.count < events.count {
            readEvent()
            try judge()
        }
        for name in agentNames { appliedOn[name] = Set(events.keys) }
        stalledUntil = 0
        drained = []
        for _ in 0..<6 {
            seconds += 1
            try letTimePass()
            try judge()
            for name in agentNames {
                try speak(name)
                try judge()
            }
        }
        guard confirmed.count == events.count else {
            throw Violation(description: "\(events.count - confirmed.count) purges were never confirmed")
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
            let last = Dictionary(acknowledgements.map { ($0.agent, $0) }, uniquingKeysWith: { $1 })
            for word in isCompacted ? Array(last.values) : acknowledgements { fresh.receive(word, now: now) }
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
                // When it happened is known as well as the agents still tell.
                guard before.withoutTimes == after.withoutTimes else {
                    throw Violation(description: "before \(before)\nafter \(after)")
                }
            }
        }
    }
}

extension PurgeStatus {
    /// The same without when it was confirmed.
    fileprivate var withoutTimes: PurgeStatus {
        PurgeStatus(
            id: id, zone: zone, mode: mode, source: source, reason: reason, acceptedAt: acceptedAt,
            selectors: selectors, scope: scope, partition: partition, offset: offset, state: state, removed: removed,
            bytes: bytes, agents: agents, byAgent: byAgent)
    }
}
