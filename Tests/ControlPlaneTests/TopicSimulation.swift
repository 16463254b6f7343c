import PurgeModel
import TestSupport

@testable import ControlPlane

/// One partition whose topic is made anew again and again, agents that come and go, and a collector that must not be
/// misled.
///
/// Agents that tell no marks are as those of version 0.1.0: with them the collector has to notice in time. With marks
/// topics are made anew at any moment, agents stand still, and the collector reads on in the new topic, and restarts.
struct TopicSimulation {
    /// Something did not hold.
    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    private struct Agent {
        /// Which topic its offsets are of.
        var topic = 0
        var queued: Int64 = 0
        /// How much of it is applied: all, where nobody asks.
        var applied: Int64 = 0
        var flushes: Int64 = 0
        var instance = 0
        var isUp = true
        /// Whether this run has compared its last message.
        var isLive = false
        /// What its last word said.
        var told: (topic: Int, queued: Int64) = (0, 0)
        /// The last purges that it has applied.
        var recent: [(topic: Int, offset: Int64)] = []
    }

    /// Purges that an agent tells of at once.
    private static let recentMax = 16

    private var generator: SeededGenerator
    private var state = CollectorState(settings: .init(instanceWindow: .zero, keepsHistory: true))
    private let tellsMarks: Bool
    /// Whether agents are asked, so that what they have queued is effective before it is applied.
    private let areAsked: Bool
    private var history = HistoryModel()
    private var lastWords: [String: Acknowledgement] = [:]
    /// Whether the acknowledgements are not compacted: a new process hears all of them again.
    private let keepsWords: Bool
    private var words: [Acknowledgement] = []
    /// Who has told what it did of the purges of the topic that is there now.
    private var told: [Int64: Set<String>] = [:]
    private var agents: [String: Agent] = [:]
    private let names: [String]
    private var topic = 0
    private var events: [PurgeEvent] = []
    private var places: [PurgeID: (topic: Int, offset: Int64)] = [:]
    /// The next offset the collector's reader would fetch.
    private var next: Int64 = 0
    /// The topic of the message that was read last.
    private var readTopic = 0
    /// Topics out of which the collector has read on into the next without a sign, as it can for up to a minute: what
    /// agents tell of that one looks as if it were of this one until it is compared.
    private var mixed: Set<Int> = []
    /// Those into which it did, so that what agents tell of their beginning finds no purge there, and those that it has
    /// begun twice, so that agents would have to as well.
    private var begunLate: Set<Int> = []
    /// The topic that the collector has begun last.
    private var begun = 0
    private let now = Samples.instant(0)

    init(seed: UInt64, tellsMarks: Bool = false) {
        generator = SeededGenerator(seed: seed)
        self.tellsMarks = tellsMarks
        areAsked = !seed.isMultiple(of: 2)
        keepsWords = seed % 4 < 2
        names = (0..<Int.random(in: 1...4, using: &generator)).map { "agent-\($0)" }
        for name in names { agents[name] = Agent() }
    }

    mutating func run(steps: Int) throws {
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: now)
        for name in names { speak(name) }
        for _ in 0..<steps {
            try step()
            try judge()
        }
        try finish()
    }

    private mutating func step() throws {
        let name = names.randomElement(using: &generator) ?? ""
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<6: try produce()
        case 6..<10: read()
        case 10..<13: fetch(name)
        case 13..<17: if agents[name]?.isUp == true { speak(name) }
        case 17: agents[name]?.isUp = false
        case 18: start(name)
        default:
            if generator.once(in: 3) { makeAnew() }
            if tellsMarks, generator.once(in: 3) { compare() }
            if tellsMarks, generator.once(in: 4) { try restart() }
        }
    }

    /// The message at an offset of the topic that is there now, or of an earlier one.
    private func mark(_ offset: Int64, topic: Int) -> MessageMark {
        MessageMark(offset: offset, fingerprint: UInt64(topic) << 32 | UInt64(offset))
    }

    /// What a comparison of the oldest message that is remembered with the topic finds.
    private mutating func compare() {
        for mark in state.ownMarks[0] ?? []
        where mark.offset < Int64(events.count) && mark != self.mark(mark.offset, topic: topic) {
            return beginTopic()
        }
        if !state.takePartitionsToReadAnew().isEmpty { beginTopic() }
        _ = state.takeSuspicion()
    }

    private mutating func beginTopic() {
        state.startedOver(partition: 0, end: Int64(events.count))
        noteBeginning()
    }

    private mutating func noteBeginning() {
        if begun == topic { begunLate.insert(topic) }
        (begun, next) = (topic, 0)
    }

    /// A new process has what the last one stored, and reads on.
    private mutating func restart() throws {
        if generator.once(in: 2) { history.take(state.takeChanges()) }
        state = CollectorState(settings: state.settings)
        state.restore(history.restored, now: now)
        next = state.start[0] ?? 0
        // As far as it gets before the acknowledgements are read.
        for _ in 0..<Int.random(in: 0...3, using: &generator) { read() }
        if generator.once(in: 2) {
            while next != Int64(events.count) { read() }
            state.purgesCaughtUp()
        }
        let heard = keepsWords ? words : lastWords.values.sorted { $0.agent < $1.agent }
        for word in heard { state.receive(word, now: now) }
        state.acknowledgementsCaughtUp(at: now)
    }

    private mutating func produce() throws {
        // The reader has to notice before the new topic is as long as what it, or an agent, had of the earlier one:
        // more is not promised.
        let end = Int64(events.count)
        if next > end, !tellsMarks {
            let told = agents.values.filter { $0.told.topic != topic && $0.told.queued > 0 }.map(\.told.queued)
            guard end + 1 < min(next, told.min() ?? .max) else { return read() }
        }
        let event = try Samples.event(places.count + 1, acceptedAt: Int64(places.count + 1))
        let offset = Int64(events.count)
        events.append(event)
        places[event.id] = (topic, offset)
        if generator.once(in: 2) {
            state.accepted(
                event, bytes: 10, at: PurgePosition(partition: 0, offset: offset), acceptedAt: .zero, now: now)
        }
    }

    private mutating func read() {
        guard next <= Int64(events.count) else { return beginTopic() }
        while next < Int64(events.count), !generator.once(in: 4) {
            if tellsMarks, !state.foundMessage(mark(next, topic: topic), in: 0) {
                noteBeginning()
                return
            }
            if next > 0, readTopic < topic {
                mixed.formUnion(readTopic..<topic)
                begunLate.insert(topic)
            }
            if next == 0 { begun = topic }
            readTopic = topic
            state.receive(events[Int(next)], bytes: 10, at: PurgePosition(partition: 0, offset: next), now: now)
            next += 1
        }
    }

    /// Nobody speaks of a topic before the last one, and everybody has something to be wrong about.
    private mutating func makeAnew() {
        if tellsMarks {
            topic += 1
            (events, told) = ([], [:])
            // Filled at once with as much as there was, or more.
            if generator.once(in: 3) { for _ in 0..<next + 5 { try? produce() } }
            return
        }
        guard next == Int64(events.count), next > 0 else { return }
        guard agents.values.allSatisfy({ $0.told.topic == topic && $0.told.queued > 0 }) else { return }
        topic += 1
        events = []
    }

    private mutating func fetch(_ name: String) {
        guard var agent = agents[name], agent.isUp else { return }
        if agent.topic != topic {
            (agent.topic, agent.queued, agent.applied) = (topic, 0, 0)
            (agent.flushes, agent.recent) = (agent.flushes + 1, [])
        }
        let end = Int64(events.count)
        agent.queued = Int64.random(in: min(agent.queued, end)...end, using: &generator)
        let applied = agent.applied
        agent.applied =
            areAsked
            ? Int64.random(in: min(applied, agent.queued)...agent.queued, using: &generator) : agent.queued
        for offset in min(applied, agent.applied)..<agent.applied { agent.recent.append((topic, offset)) }
        agent.recent = agent.recent.suffix(Self.recentMax)
        agents[name] = agent
    }

    /// After a power loss it may know less than it has told.
    private mutating func start(_ name: String) {
        guard var agent = agents[name], !agent.isUp else { return }
        agent.isUp = true
        agent.instance += 1
        agent.flushes = 0
        agent.recent = []
        agent.isLive = false
        if generator.once(in: 3) { agent.queued = Int64.random(in: 0...agent.queued, using: &generator) }
        agent.applied = min(agent.applied, agent.queued)
        agents[name] = agent
        speak(name)
    }

    private mutating func speak(_ name: String) {
        guard let agent = agents[name] else { return }
        agents[name]?.told = (agent.topic, agent.queued)
        let marks: [Int32: MessageMark] =
            tellsMarks && agent.queued > 0 ? [0: mark(agent.queued - 1, topic: agent.topic)] : [:]
        // One that stands still does not know that the topic is another, and its last word is that it is live.
        if agent.topic == topic { agents[name]?.isLive = true }
        let isLive = agent.topic == topic || tellsMarks && agent.isLive
        let word = Samples.acknowledgement(
            name, instance: "i\(agent.instance)", applied: [0: agent.applied],
            effective: areAsked ? [0: agent.queued] : [:], status: isLive ? .live : .catchingUp,
            recent: agent.recent.map { Samples.result(0, $0.offset, removed: Self.removed(by: $0.topic, $0.offset)) },
            marks: marks, flushes: agent.flushes)
        lastWords[name] = word
        words.append(word)
        if agent.topic == topic { for purge in agent.recent { told[purge.offset, default: []].insert(name) } }
        state.receive(word, now: now)
    }

    /// What every agent tells of a purge: which one it is.
    private static func removed(by topic: Int, _ offset: Int64) -> Int { topic * 1000 + Int(offset) }

    /// What is told of single agents is about that purge, and what was done stays done.
    private func judgeDetails() throws {
        guard tellsMarks else { return }
        for (id, place) in places where !mixed.contains(place.topic) {
            guard let record = state.record(of: id) else { continue }
            for result in record.results.values where result.removed != Self.removed(by: place.topic, place.offset) {
                throw Violation(description: "\(place) has the details of another purge: \(result)")
            }
            let shares = record.isOpen ? [] : state.status(of: id, now: now)?.byAgent ?? []
            for share in shares where share.removed != nil && share.standing != .applied {
                throw Violation(description: "\(place) is confirmed, and \(share.agent) is \(share.standing)")
            }
        }
    }

    /// Everything that was told is there, however much was told after it.
    private func judgeTold() throws {
        // What is older than the marks that are kept cannot be compared.
        guard keepsWords, !begunLate.contains(topic), state.ownMarks[0]?.first?.offset == 0 else { return }
        for (offset, names) in told {
            guard let record = state.record(of: events[Int(offset)].id) else { continue }
            let known = Set(record.results.keys.map { state.agents[$0].name })
            guard names.isSubset(of: known) else {
                throw Violation(description: "\(topic)/\(offset) lacks what \(names.subtracting(known)) told")
            }
        }
    }

    private mutating func judge() throws {
        try judgeDetails()
        for milestone in Milestone.allCases {
            for id in state.takeReached(milestone) {
                guard let place = places[id] else { throw Violation(description: "\(id) was never produced") }
                for (name, agent) in agents {
                    let done = milestone == .effective ? agent.queued : agent.applied
                    // Who has gone over to a later topic has flushed everything.
                    guard agent.topic > place.topic || (agent.topic == place.topic && done > place.offset) else {
                        throw Violation(description: "\(place) is \(milestone), and not on \(name): \(agent)")
                    }
                }
            }
        }
        for record in state.openRecords {
            for milestone in Milestone.allCases where record.reached[milestone] == nil {
                let outstanding = state.agents.count { $0.isExpected && !$0.hasReached(milestone, record.position) }
                guard record.outstanding[milestone] == outstanding else {
                    throw Violation(description: "\(record.position): \(record.outstanding), not \(outstanding)")
                }
            }
        }
    }

    /// Everybody comes back and reads all there is.
    private mutating func finish() throws {
        if tellsMarks { compare() }
        for _ in 0..<3 where next != Int64(events.count) || next == 0 {
            for _ in 0..<100 { read() }
            try judge()
        }
        for name in names {
            if agents[name]?.isUp == false { start(name) }
            agents[name]?.topic = topic
            agents[name]?.queued = Int64(events.count)
            agents[name]?.applied = Int64(events.count)
            agents[name]?.recent = events.indices.suffix(Self.recentMax).map { (topic, Int64($0)) }
            speak(name)
            agents[name]?.instance += 1
            for _ in 0..<2 { speak(name) }
            try judge()
        }
        for event in events where state.isOpen(event.id) {
            throw Violation(description: "\(places[event.id].map { "\($0)" } ?? "") was never confirmed")
        }
        try judgeDetails()
        guard tellsMarks else { return }
        try judgeTold()
        guard let last = events.last else { return }
        // Everybody has told of the last ones since.
        let shares = state.status(of: last.id, now: now)?.byAgent ?? []
        guard shares.allSatisfy({ $0.removed != nil }) else {
            throw Violation(description: "\(last.id) lacks details: \(shares)")
        }
    }
}
