import PurgeModel

/// The agents: who has to apply a purge, what each has told, and whose silence is safe.
///
/// Whether an agent stands in the way of a purge is ``PurgeModel/ConfirmationRule``'s to say and nobody else's; this
/// only keeps from asking it about 10,000 agents each time one of them speaks.
struct Members: Sendable {
    /// Agents speak every second; one that has not for this long is worth a question to the broker.
    private static let silenceNoticed: Duration = .milliseconds(1500)

    /// How long one instance of an agent must speak alone before it is believed.
    private let instanceWindow: Duration
    /// Added to an agent's lease before its silence counts as fenced.
    let margin: Duration
    /// How long an agent may be silent before it leaves the set; nil: for ever.
    let expire: Duration?
    /// Every agent ever heard, or named by the roster or the history; results refer to them by index.
    private var agents: [AgentRecord] = []
    private var indexByName: [String: Int] = [:]
    /// What the roster names, with the regions it gives.
    private(set) var roster: [String: String?] = [:]
    /// Whose the names are.
    private(set) var names = NameHolders()
    /// Whose they were, and who was a member, when the last process ended; empty once the acknowledgements have been
    /// read.
    private var claims: [String: NameClaim] = [:]
    /// Names of which a machine was forgotten while the acknowledgements were read.
    private var forgotten: Set<String> = []
    /// Up to which moment the words of agents are known.
    private(set) var reading = ProvenReading()

    /// Whether `purge.acks` was read to its end once.
    ///
    /// Before that nobody knows who must apply a purge: nothing is confirmed.
    private(set) var areKnown = false
    /// Agents that have spoken and were not retired since.
    private(set) var memberCount = 0
    /// Agents of the roster that have not spoken.
    private(set) var unheardCount = 0
    /// Counts changes of who is in which tier.
    private(set) var tierChanges = 0
    /// At most this many members are safe or drained though they have not applied a purge; as of the last
    /// ``advance(to:isAnythingOpen:)``.
    private(set) var silentCount = 0
    /// Partitions of `purge.acks` for which it matters now up to which moment they were read; as of the last
    /// ``advance(to:isAnythingOpen:)``.
    private(set) var partitionsToProve: Set<Int32> = []

    init(instanceWindow: Duration, margin: Duration, expire: Duration? = nil) {
        self.instanceWindow = instanceWindow
        self.margin = margin
        self.expire = expire
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

    /// Expected agents on which a purge has not reached a milestone.
    func outstanding(_ position: PurgePosition) -> ByMilestone<Int> {
        func count(_ milestone: Milestone) -> Int {
            agents.count { $0.isExpected && !$0.hasReached(milestone, position) }
        }
        return ByMilestone(effective: count(.effective), confirmed: count(.confirmed))
    }

    /// The end of what anybody has made effective of a partition, as far as it counts.
    func coveredTo(_ partition: Int32) -> Int64 {
        agents.reduce(0) { max($0, $1.counted[partition]?.effective.end ?? 0) }
    }

    /// Whether there is a member on which a purge has reached a milestone, or that has not been drained: without any,
    /// none is reached.
    func isAnyInService(for milestone: Milestone, of position: PurgePosition) -> Bool {
        agents.contains { $0.isMember && (!$0.isDrained || $0.hasReached(milestone, position)) }
    }

    /// A member, or one that was; nil for one that nobody knows.
    func agent(_ member: String) -> AgentRecord? { indexByName[member].map { agents[$0] } }

    /// All machines that use a name, the one that has it first.
    func machines(of name: String) -> [String] {
        (names.machine(of: name).map { [$0] } ?? []) + names.others(of: name)
    }

    /// What a machine of a name is called here.
    func member(_ name: String, _ machine: String) -> String {
        names.machine(of: name) == machine ? name : NameHolders.member(name, machine)
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
        enforceClaims()
        areKnown = true
        for agent in agents.indices where agents[agent].isMember {
            // However old its last word is: what it says of being asked counts when it is heard again.
            agents[agent].lapse()
            agents[agent].weighMarks(events: &events)
            for told in agents[agent].acknowledgement.partitions where !agents[agent].marked.contains(told.partition) {
                let isProven = events.hasStartedOver(told.partition)
                agents[agent].doubt(about: told.partition, isProven: isProven, events: &events)
            }
        }
    }

    /// One acknowledgement; with its first one an agent becomes a member.
    /// - Parameters:
    ///   - partition: the partition of `purge.acks` it was in.
    ///   - age: how old it was when it arrived, as far as wall clocks can tell.
    /// - Returns: nil for a word that counts as nothing, of one machine too many under a name.
    mutating func hear(
        _ word: Acknowledgement, at now: CollectorInstant, partition: Int32, age: Duration,
        events: inout EventsProgress
    ) -> WordChange? {
        guard let member = names.member(of: word) else { return nil }
        let agent = know(member)
        let isNew = !agents[agent].isMember
        let more = isNew ? join(agent, word, at: now) : 0
        let before = agents[agent].counted
        let last = agents[agent].acknowledgement
        if word.tier?.place != last.tier?.place { tierChanges += 1 }
        if isNew || word.instance != last.instance || agents[agent].isRemembered { names.keep(changed: [word.agent]) }
        agents[agent].hear(
            word, isNew: isNew, at: now, partition: partition, age: age, window: instanceWindow)
        if areKnown { agents[agent].weigh(isNew: isNew, last: last.partitions, events: &events) }
        // What was doubted then may be certain now, and is told for as long as nothing new comes.
        let isNews = isNew || agents[agent].hasDoubtedResults || word.recent != last.recent
        return WordChange(
            agent: agent, before: before, after: agents[agent].counted, more: more,
            begunAnew: isNew ? [] : agents[agent].begunAnew(since: last),
            results: isNews ? agents[agent].toldResults() : [],
            hasLateFills: word.counts.guardRemoved != last.counts.guardRemoved)
    }

    /// Makes an agent a member.
    /// - Returns: how many more are expected by that.
    private mutating func join(_ agent: Int, _ word: Acknowledgement, at now: CollectorInstant) -> Int {
        let isOneMore = !agents[agent].isUnheard
        agents[agent].join(word, at: now)
        memberCount += 1
        if word.tier != nil { tierChanges += 1 }
        unheardCount -= isOneMore ? 0 : 1
        return isOneMore ? 1 : 0
    }

    /// A tombstone: the agent has left the set, with all machines of the name, but for the roster.
    /// - Returns: those that were members, as they were, each with whether the roster expects it to speak again.
    mutating func remove(_ name: String) -> [(agent: AgentRecord, isUnheard: Bool)] {
        let members = [name] + names.others(of: name).map { NameHolders.member(name, $0) }
        names.drop(name)
        names.keep(changed: [name])
        if !areKnown { forgotten.insert(name) }
        return members.compactMap { leave($0) }
    }

    /// A name belongs to a machine alone: the other machines have left.
    /// - Returns: those that were members, as they were; nil where the machine is not known here, and all have left.
    mutating func settle(_ name: String, on machine: String) -> [(agent: AgentRecord, isUnheard: Bool)]? {
        // One that had the name before a restart may not have been heard yet.
        guard isThere(machine, of: name) else { return nil }
        give(name, to: machine)
        let members = names.others(of: name).map { NameHolders.member(name, $0) }
        names.dropOthers(of: name)
        if !areKnown { forgotten.insert(name) }
        return members.compactMap { leave($0) }
    }

    private mutating func leave(_ member: String) -> (agent: AgentRecord, isUnheard: Bool)? {
        guard let agent = indexByName[member], agents[agent].isMember else { return nil }
        let isUnheard = roster[member] != nil
        memberCount -= 1
        unheardCount += isUnheard ? 1 : 0
        let before = agents[agent]
        if before.acknowledgement.tier != nil { tierChanges += 1 }
        names.keep(changed: [before.acknowledgement.agent])
        agents[agent].leave(isInRoster: isUnheard)
        agents[agent].forgetProgress()
        return (before, isUnheard)
    }

    /// Lets a machine have a name; the one that had it is called by its machine from now on.
    private mutating func give(_ name: String, to machine: String) {
        let before = names.machine(of: name)
        names.give(name, to: machine)
        guard let before, before != machine else { return }
        let (old, new) = (know(name), know(NameHolders.member(name, machine)))
        agents[new].rename(to: name)
        agents[old].rename(to: NameHolders.member(name, before))
        indexByName[NameHolders.member(name, machine)] = nil
        (indexByName[name], indexByName[agents[old].name]) = (new, old)
        if let region = roster[name] { agents[new].name(inRoster: region) }
    }

    // MARK: Whose the names are

    /// Lets the names be whose they were, before anything is read from Kafka.
    mutating func restore(_ claims: [String: NameClaim]) {
        self.claims = claims
        for (name, claim) in claims { if let machine = claim.machine { names.give(name, to: machine) } }
    }

    /// Expects the machines of before the restart of whom the topic has no word: they were overwritten, or the topic
    /// was made anew.
    ///
    /// Where the topic says that a machine of the name was forgotten, all that was said later is in the topic too, and
    /// counts alone: a message is compacted away only for a later one with its key. Whom another control plane has
    /// retired so long ago that Kafka has compacted even that away is expected again: a machine never leaves by
    /// silence.
    private mutating func enforceClaims() {
        // In a fixed order, so that the same history leads to the same state.
        for (name, claim) in claims.sorted(by: { $0.key < $1.key }) where !forgotten.contains(name) {
            let partition = indexByName[name].map { agents[$0].acksPartition } ?? 0
            for machine in [claim.machine] + claim.words.map(\.machine) where !isThere(machine, of: name) {
                let word = claim.word(of: machine, name: name)
                guard let member = names.member(of: word) else { continue }
                let (agent, now) = (know(member), CollectorInstant(monotonic: .zero, wall: word.sentAt))
                _ = join(agent, word, at: now)
                agents[agent].hear(
                    word, isNew: true, at: now, partition: partition, age: .zero, window: instanceWindow)
                agents[agent].remember()
            }
        }
        (claims, forgotten) = ([:], [])
    }

    /// Whether a machine of a name is a member; whoever does not say who it is is the one that has the name.
    private func isThere(_ machine: String?, of name: String) -> Bool {
        isMember(machine.map { member(name, $0) } ?? name)
    }

    /// `purge.acks` was made anew: what was said in this partition of it, and was not read here, is gone.
    mutating func acknowledgementsStartedOver(_ partition: Int32) {
        for agent in agents.indices where agents[agent].isMember && agents[agent].acksPartition == partition {
            agents[agent].remember()
        }
    }

    /// Whose the names are of which something has changed since the last call; nil: nobody's.
    mutating func takeClaims() -> [String: NameClaim?] {
        var changes: [String: NameClaim?] = [:]
        // Before the topic was read this is not certain, and what the history has is.
        guard areKnown else { return [:] }
        for name in names.takeChanged() {
            let machines = machines(of: name)
            let members = machines.isEmpty ? [name] : machines.map { member(name, $0) }
            let words = members.compactMap { agent($0) }.filter(\.isMember).map(\.acknowledgement)
            let claim = words.isEmpty ? nil : NameClaim(machine: machines.first, words: words)
            changes.updateValue(claim, forKey: name)
        }
        return changes
    }

    /// Says that whose the names are could not be stored.
    mutating func keep(unsavedClaims names: some Sequence<String>) { self.names.keep(changed: names) }

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
            agents[agent].startOver(partition, events: &events)
            changes.append(WordChange(agent: agent, before: before, after: agents[agent].counted))
        }
        return changes
    }

    /// More of a partition has been read: some that were not believed may only have been ahead of us.
    mutating func readOn(_ partition: Int32, events: inout EventsProgress) -> [WordChange] {
        var changes: [WordChange] = []
        for agent in agents.indices
        where agents[agent].earlier.contains(partition) || agents[agent].marked.isWaiting(for: partition) {
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

    /// Lets time pass: silence turns into safety for agents that fence themselves, and nobody is relied on to be asked
    /// who is silent.
    /// - Parameter isAnythingOpen: whether a purge is open; without any nobody's silence matters.
    /// - Returns: what counts no more by that.
    mutating func advance(to now: CollectorInstant, isAnythingOpen: Bool) -> [WordChange] {
        silentCount = 0
        partitionsToProve = []
        var expiring: Set<Int32> = []
        var changes: [WordChange] = []
        for index in agents.indices {
            agents[index].setSafe(after: nil)
            guard agents[index].isMember else { continue }
            if let change = lapse(index, at: now) { changes.append(change) }
            if agents[index].isDrained {
                silentCount += 1
                partitionsToProve.insert(agents[index].acksPartition)
                continue
            }
            guard agents[index].acknowledgement.fence == .cutOff else { continue }
            let agent = agents[index]
            if now.monotonic - agent.heardAt > Self.silenceNoticed { partitionsToProve.insert(agent.acksPartition) }
            if let expire, now.monotonic - agent.heardAt > expire { expiring.insert(agent.acksPartition) }
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
        if !isAnythingOpen { partitionsToProve = expiring }
        return changes
    }

    /// Whether a member that has spoken is silent for longer than between two words.
    func isAnybodySilent(at now: CollectorInstant) -> Bool {
        agents.contains { $0.isMember && now.monotonic - $0.heardAt > Self.silenceNoticed }
    }

    /// Relies no more on an agent to be asked if it is silent.
    private mutating func lapse(_ index: Int, at now: CollectorInstant) -> WordChange? {
        let (silence, lease) = (now.monotonic - agents[index].heardAt, agents[index].acknowledgement.fenceAfter)
        guard !agents[index].isLapsed, !ConfirmationRule.isReliedOn(silence: silence, lease: lease) else { return nil }
        let before = agents[index].counted
        agents[index].lapse()
        return WordChange(agent: index, before: before, after: agents[index].counted)
    }
}
