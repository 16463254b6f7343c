import PurgeModel

/// The agents: who has to apply a purge, what each has told, and whose silence is safe.
///
/// Whether an agent stands in the way of a purge is ``PurgeModel/ConfirmationRule``'s to say and nobody else's; this
/// only keeps from asking it about 10,000 agents each time one of them speaks.
struct Members: Sendable {
    /// Agents speak every second; one that has not for this long is worth a question to the broker.
    private static let silenceNoticed: Duration = .milliseconds(1500)
    /// An agent that spoke this recently runs, and would be back with its next word.
    private static let retirementSilence: Duration = .seconds(5)

    /// How long one instance of an agent must speak alone before it is believed.
    private let instanceWindow: Duration
    /// Added to an agent's lease before its silence counts as fenced.
    private let margin: Duration
    /// Every agent ever heard, or named by the roster or the history; results refer to them by index.
    private var agents: [AgentRecord] = []
    private var indexByName: [String: Int] = [:]
    /// What the roster names, with the regions it gives.
    private var roster: [String: String?] = [:]
    private var reading = ProvenReading()

    /// Whether `purge.acks` was read to its end once.
    ///
    /// Before that nobody knows who must apply a purge: nothing is confirmed.
    private(set) var areKnown = false
    /// Agents that have spoken and were not retired since.
    private(set) var memberCount = 0
    /// Agents of the roster that have not spoken.
    private(set) var unheardCount = 0
    /// At most this many members are safe or drained though they have not applied a purge; as of the last
    /// ``advance(to:isAnythingOpen:)``.
    private(set) var silentCount = 0
    /// Partitions of `purge.acks` for which it matters now up to which moment they were read; as of the last
    /// ``advance(to:isAnythingOpen:)``.
    private(set) var partitionsToProve: Set<Int32> = []

    init(instanceWindow: Duration, margin: Duration) {
        self.instanceWindow = instanceWindow
        self.margin = margin
    }

    // MARK: Questions

    /// All of them by index, those that have left too.
    var all: [AgentRecord] { agents }
    /// Agents that purges wait for.
    var expectedCount: Int { memberCount + unheardCount }
    /// Whether anything can be confirmed: the members are known, there are some, and nobody is expected to speak first.
    var canConfirm: Bool { areKnown && memberCount > 0 && unheardCount == 0 }
    /// Those that purges wait for, or of whom it is known why not, by name.
    var expected: [AgentRecord] { agents.filter(\.isExpected).sorted { $0.name < $1.name } }
    /// Those that have spoken and were not retired since, by name.
    var members: [AgentRecord] { agents.filter(\.isMember).sorted { $0.name < $1.name } }

    /// The index of an agent; nil for a name that nobody knows.
    func index(of name: String) -> Int? { indexByName[name] }

    /// The name of the agent with an index.
    func name(of agent: Int) -> String { agents[agent].name }

    /// Whether an agent of this name has spoken and was not retired since.
    func isMember(_ name: String) -> Bool { indexByName[name].map { agents[$0].isMember } ?? false }

    /// Expected agents that have not applied a purge.
    func outstanding(_ position: PurgePosition) -> Int {
        agents.count { $0.isExpected && !$0.hasApplied(position) }
    }

    /// The end of what anybody has applied of a partition, as far as it counts.
    func coveredTo(_ partition: Int32) -> Int64 {
        agents.reduce(0) { max($0, $1.counted[partition]?.end ?? 0) }
    }

    /// Whether there is a member that has a purge, or has not been drained: without any, nothing is confirmed.
    func isAnyInService(for position: PurgePosition) -> Bool {
        agents.contains { $0.isMember && (!$0.isDrained || $0.hasApplied(position)) }
    }

    /// Where the acknowledgements of an agent are that may be retired; throws why it may not.
    func retirement(of name: String, at now: CollectorInstant) throws(RetirementRefusal) -> Int32 {
        if roster[name] != nil { throw .isInRoster }
        guard let index = indexByName[name], agents[index].isMember else { throw .unknown }
        let agent = agents[index]
        guard
            agent.acknowledgement.status == .draining || now.monotonic - agent.heardAt >= Self.retirementSilence
        else { throw .isRunning(mustBeSilentFor: Self.retirementSilence) }
        return agent.acksPartition
    }

    /// A member that stands in the way of a purge; nil when there is none.
    /// - Parameters:
    ///   - seenAt: when the purge became known here.
    ///   - last: the one that was found before. It is asked first: most often it still does, and then the others need
    ///     not be looked at.
    func blocker(
        of position: PurgePosition, seenAt: Duration, last: Int?, at now: CollectorInstant
    ) -> Int? {
        func blocks(_ index: Int) -> Bool {
            let agent = agents[index]
            guard agent.isMember, !agent.hasApplied(position) else { return false }
            if agent.isDrained { return !reading.isExcused(agent, fromPurgeSeenAt: seenAt, at: now) }
            guard let safeAfter = agent.safeAfter else { return true }
            return reading.knownTo(agent, at: now) - seenAt <= safeAfter
        }
        if let last, blocks(last) { return last }
        return agents.indices.first(where: blocks)
    }

    /// Where an agent stands with a purge; nil for one that is not waited for.
    func standing(
        of agent: AgentRecord, with position: PurgePosition, seenAt: Duration, at now: CollectorInstant
    ) -> Standing? {
        guard agent.isExpected else { return nil }
        if agent.isUnheard { return .missing }
        let view = view(of: agent, with: position, seenAt: seenAt, at: now)
        let standing = ConfirmationRule.standing(
            of: view, partition: position.partition, offset: position.offset, margin: margin)
        // One that was drained has left, but what it did before is not forgotten.
        return view.hasLeft && standing != .applied ? nil : standing
    }

    /// One agent as the rule wants to see it.
    private func view(
        of agent: AgentRecord, with position: PurgePosition, seenAt: Duration, at now: CollectorInstant
    ) -> AgentView {
        let told = agent.acknowledgement
        var silence = max(.zero, now.monotonic - agent.heardAt)
        if told.fence == .cutOff {
            // The lease runs from the purge at the earliest. An agent that was cut off for a day may have come back
            // just now and be in use again, with its word about that still on the way to us. But once a lease has
            // passed since the purge, it has either applied it or fenced itself for being behind or out of touch,
            // whatever we have heard.
            silence = min(
                reading.silence(of: agent, at: now), max(.zero, reading.knownTo(agent, at: now) - seenAt))
        }
        return AgentView(
            agent: agent.name, silence: silence, fence: told.fence, fenceAfter: told.fenceAfter,
            progress: agent.progress(in: position.partition), isConflicted: agent.isConflicted,
            hasLeft: !agent.isMember || reading.isExcused(agent, fromPurgeSeenAt: seenAt, at: now))
    }

    // MARK: What happens

    /// The index of an agent of that name, which need not have spoken.
    mutating func know(_ name: String) -> Int {
        if let agent = indexByName[name] { return agent }
        agents.append(AgentRecord(name: name))
        indexByName[name] = agents.count - 1
        return agents.count - 1
    }

    /// The acknowledgements have been read to their end: from now on it counts who has applied what.
    mutating func becomeKnown(events: inout EventsProgress) {
        areKnown = true
        for agent in agents.indices where agents[agent].isMember {
            for told in agents[agent].acknowledgement.partitions {
                let isProven = events.hasStartedOver(told.partition)
                agents[agent].doubt(about: told.partition, isProven: isProven, events: &events)
            }
        }
    }

    /// One acknowledgement; with its first one an agent becomes a member.
    /// - Parameters:
    ///   - partition: the partition of `purge.acks` it was in.
    ///   - age: how old it was when it arrived, as far as wall clocks can tell.
    mutating func hear(
        _ word: Acknowledgement, at now: CollectorInstant, partition: Int32, age: Duration,
        events: inout EventsProgress
    ) -> WordChange {
        let agent = know(word.agent)
        let isNew = !agents[agent].isMember
        let isOneMore = isNew && !agents[agent].isUnheard
        if isNew {
            agents[agent].join(word, at: now)
            memberCount += 1
            unheardCount -= isOneMore ? 0 : 1
        }
        let before = agents[agent].counted
        let isRecentNew = isNew || word.recent != agents[agent].acknowledgement.recent
        agents[agent].hear(
            word, isNew: isNew, at: now, partition: partition, age: age, window: instanceWindow)
        if areKnown { agents[agent].weigh(isNew: isNew, events: &events) }
        return WordChange(
            agent: agent, before: before, after: agents[agent].counted, isOneMore: isOneMore,
            recent: isRecentNew ? agents[agent].believed(word.recent) : [])
    }

    /// A tombstone: the agent has left the set, but for the roster.
    /// - Returns: the agent as it was, and whether the roster expects it to speak again; nil for one that was no
    ///   member.
    mutating func remove(_ name: String) -> (agent: AgentRecord, isUnheard: Bool)? {
        guard let agent = indexByName[name], agents[agent].isMember else { return nil }
        let isUnheard = roster[name] != nil
        memberCount -= 1
        unheardCount += isUnheard ? 1 : 0
        let before = agents[agent]
        agents[agent].leave(isInRoster: isUnheard)
        agents[agent].forgetProgress()
        return (before, isUnheard)
    }

    /// Who is expected whether it has spoken or not, with the regions that the roster gives.
    /// - Returns: how many more are expected by that, and how many fewer.
    mutating func setRoster(_ names: [String: String?]) -> (more: Int, fewer: Int) {
        roster = names
        let before = unheardCount
        for (name, region) in names {
            let agent = know(name)
            if !agents[agent].isExpected { unheardCount += 1 }
            agents[agent].name(inRoster: region)
        }
        let more = unheardCount - before
        for agent in agents.indices where agents[agent].isUnheard && names[agents[agent].name] == nil {
            agents[agent].leaveRoster()
            unheardCount -= 1
        }
        return (more, before + more - unheardCount)
    }

    /// A partition of `purge.events` is not what it was: who has told more than there is speaks of the earlier topic.
    mutating func topicStartedOver(_ partition: Int32, events: inout EventsProgress) -> [WordChange] {
        var changes: [WordChange] = []
        for agent in agents.indices where agents[agent].isMember {
            let before = agents[agent].counted
            agents[agent].doubt(about: partition, isProven: true, events: &events)
            changes.append(WordChange(agent: agent, before: before, after: agents[agent].counted))
        }
        return changes
    }

    /// More of a partition has been read: some that were not believed may only have been ahead of us.
    mutating func readOn(_ partition: Int32, events: inout EventsProgress) -> [WordChange] {
        var changes: [WordChange] = []
        for agent in agents.indices where agents[agent].earlier.contains(partition) {
            let before = agents[agent].counted
            guard agents[agent].readOn(partition, events: &events) else { continue }
            changes.append(WordChange(agent: agent, before: before, after: agents[agent].counted))
        }
        return changes
    }

    /// Everything that was stored in a partition of `purge.acks` before a moment of our monotonic clock has been told.
    mutating func provedRead(acksPartition: Int32, to moment: Duration) {
        reading.proved(acksPartition, to: moment)
    }

    /// Lets time pass: silence turns into safety for agents that fence themselves.
    /// - Parameter isAnythingOpen: whether a purge is open; without any nobody's silence matters.
    mutating func advance(to now: CollectorInstant, isAnythingOpen: Bool) {
        silentCount = 0
        partitionsToProve = []
        for index in agents.indices {
            agents[index].setSafe(after: nil)
            guard agents[index].isMember else { continue }
            if agents[index].isDrained {
                silentCount += 1
                partitionsToProve.insert(agents[index].acksPartition)
                continue
            }
            guard agents[index].acknowledgement.fence == .cutOff else { continue }
            let agent = agents[index]
            if now.monotonic - agent.heardAt > Self.silenceNoticed { partitionsToProve.insert(agent.acksPartition) }
            let fenceAfter = agent.acknowledgement.fenceAfter
            // Asked without any progress: only whether its silence is long enough.
            let view = AgentView(
                agent: agent.name, silence: reading.silence(of: agent, at: now), fence: .cutOff,
                fenceAfter: fenceAfter, progress: nil, isConflicted: agent.isConflicted)
            guard ConfirmationRule.standing(of: view, partition: 0, offset: 0, margin: margin) == .safe else {
                continue
            }
            agents[index].setSafe(after: fenceAfter + max(.zero, margin))
            silentCount += 1
        }
        if !isAnythingOpen { partitionsToProve = [] }
    }
}
