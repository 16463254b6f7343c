import PurgeModel

/// All that the collector knows: which purges there are, what each agent has applied, what is effective and confirmed.
///
/// Pure and synchronous: no clock, no IO, no locks. Everything that happened is told to it by one of the functions
/// below, in any order that Kafka allows, and everything can be told twice. Reading both topics again from their start
/// leads to the same state.
///
/// It owns seven parts, and each of these alone changes what it holds; what concerns several of them is decided here.
struct CollectorState: Sendable {
    let settings: CollectorSettings
    /// Who has to apply a purge, and what each has told.
    private(set) var members: Members
    /// How far `purge.events` was read.
    private(set) var events = EventsProgress()
    /// The purges in memory.
    private(set) var purges: PurgeTable
    /// What agents told about purges that were not read yet.
    private var unplaced = UnplacedResults()
    /// What the history does not have yet.
    private var unsaved: UnsavedPurges
    /// How far each tier has got that others fill from.
    private(set) var tiers = TierTable()
    /// What became confirmed.
    private(set) var confirmations = Confirmations()
    /// Why nothing is confirmed now, for people; nil when nothing stands in the way.
    private(set) var holdReason: String?

    init(settings: CollectorSettings = CollectorSettings()) {
        self.settings = settings
        members = Members(
            instanceWindow: settings.instanceWindow, margin: settings.confirmationMargin, expire: settings.expire)
        let (count, bytes, details) = (settings.purgesMax, settings.bytesMax, settings.detailsMax)
        purges = PurgeTable(limits: .init(purgesMax: count, bytesMax: bytes, detailsMax: details))
        unsaved = UnsavedPurges(keepsHistory: settings.keepsHistory)
    }

    // MARK: Agents

    /// One acknowledgement, in the order of the topic.
    /// - Parameters:
    ///   - acknowledgement: the agent's whole state.
    ///   - now: when it arrived here.
    ///   - partition: the partition of `purge.acks` it was in.
    ///   - age: how old it was by then, as far as wall clocks can tell; zero in normal running. For display only: an
    ///     agent with a wrong clock must not be taken for silent.
    mutating func receive(
        _ acknowledgement: Acknowledgement, now: CollectorInstant, partition: Int32 = 0, age: Duration = .zero
    ) {
        guard let change = members.hear(acknowledgement, at: now, partition: partition, age: age, events: &events)
        else { return }
        // One more that has applied nothing yet.
        if change.more > 0, members.areKnown { purges.changeOpen(by: change.more) }
        unplaced.forget(change.begunAnew, of: change.agent)
        for told in change.results { add(told, of: change.agent) }
        confirmIfDone(count(change), at: now, isReplay: false)
        tiers.heard(change.agent, isNews: change.hasLateFills || change.before != change.after, members)
    }

    /// A tombstone: the agent has left the set, with all machines that used its name.
    ///
    /// - Parameter word: one that has said more since then stays; nil: whatever it has said.
    mutating func remove(agent name: String, after word: LastWord? = nil, now: CollectorInstant) {
        if word.map({ members.isLast($0, of: name) }) ?? true { left(members.remove(name), at: now) }
    }

    /// The name of an agent belongs to one machine alone: all others that used it have left the set.
    ///
    /// - Parameter word: the last word of that machine, for whoever has not heard it.
    mutating func settle(
        on word: Acknowledgement, now: CollectorInstant, partition: Int32 = 0, age: Duration = .zero
    ) {
        if let machine = word.machine, let gone = members.settle(word.agent, on: machine) {
            left(gone, at: now)
        } else {
            // It is expected before the others are gone: nothing must be confirmed without anybody.
            let gone = members.remove(word.agent)
            receive(word, now: now, partition: partition, age: age)
            left(gone, at: now)
        }
    }

    private mutating func left(_ gone: [(agent: AgentRecord, isUnheard: Bool)], at now: CollectorInstant) {
        guard members.areKnown else { return }
        for (agent, isUnheard) in gone {
            for slot in Array(purges.open) {
                guard let position = purges.position(of: slot) else { continue }
                // Those that it had applied wait for it again, or those that it had not do not any more.
                for milestone in Milestone.allCases where agent.hasReached(milestone, position) == isUnheard {
                    purges.change(slot, by: isUnheard ? 1 : -1, on: milestone)
                }
            }
        }
        // When all have been counted out.
        if gone.contains(where: { !$0.isUnheard }) { confirmIfDone(Array(purges.open), at: now, isReplay: false) }
    }

    /// `purge.acks` was made anew: what was said in this partition of it, and was not told here, is gone; members stay.
    mutating func acknowledgementsStartedOver(_ partition: Int32) {
        members.acknowledgementsStartedOver(partition)
    }

    /// Who is expected whether it has spoken or not, with the regions that the roster gives.
    mutating func setRoster(_ names: [String: String?], now: CollectorInstant) {
        let (more, fewer) = members.setRoster(names)
        guard members.areKnown else { return }
        purges.changeOpen(by: more - fewer)
        if fewer > 0 { confirmIfDone(Array(purges.open), at: now, isReplay: false) }
    }

    /// The acknowledgements have been read to their end.
    mutating func acknowledgementsCaughtUp(at instant: CollectorInstant) {
        guard !members.areKnown else { return }
        members.becomeKnown(events: &events)
        for milestone in Milestone.allCases { purges.countOutstanding(of: members, on: milestone) }
        confirmIfDone(purges.open.sorted(), at: instant, isReplay: true)
    }

    /// Everything that was stored in a partition of `purge.acks` before a moment of our monotonic clock has been told
    /// to this state.
    mutating func provedRead(acksPartition: Int32, to moment: Duration) {
        members.provedRead(acksPartition: acksPartition, to: moment)
    }

    /// Lets time pass, a few times a second: silence turns into safety for agents that fence themselves, and into doubt
    /// about those that are asked.
    mutating func advance(to now: CollectorInstant) {
        // This can only take back what counted.
        for change in members.advance(to: now, isAnythingOpen: !purges.open.isEmpty) { _ = count(change) }
        if members.silentCount > 0 { confirmIfDone(Array(purges.open), at: now, isReplay: false) }
        tiers.advance(events, members, at: now)
    }

    /// Confirms nothing from now on, for a reason; nil: confirms again.
    mutating func hold(_ reason: String?, now: CollectorInstant) {
        holdReason = reason
        if reason == nil { confirmIfDone(purges.open.sorted(), at: now, isReplay: false) }
    }

    // MARK: Purges

    /// A purge that this process accepted and Kafka has stored: the same event will be read from the topic later.
    mutating func accepted(
        _ event: PurgeEvent, bytes: Int, at position: PurgePosition, acceptedAt: Duration, now: CollectorInstant
    ) {
        // New, and yet below what was read: the topic was made anew, and the reader of it has not noticed yet.
        if purges.slot(of: event.id) == nil, position.offset < events.everReadTo(position.partition) {
            startedOver(partition: position.partition, end: position.offset + 1)
            events.readAnew(position.partition)
        }
        events.stored(in: position.partition)
        let slot = register(event, bytes: bytes, at: position, now: now)
        if purges.position(of: slot) == position { purges.accepted(slot, at: acceptedAt) }
        confirmIfDone(slot, at: now, isReplay: false)
    }

    /// A message is about to be told that was read from the topic, a purge or not.
    ///
    /// - Returns: false when another message was read at its offset before. Then the topic was made anew, which is
    ///   noted here, and nothing of this partition is to be told before it is read from its beginning.
    mutating func foundMessage(_ mark: MessageMark, in partition: Int32) -> Bool {
        if events.note(mark, in: partition) { return true }
        startedOver(partition: partition, end: mark.offset + 1)
        return false
    }

    /// A purge read from the topic.
    mutating func receive(_ event: PurgeEvent, bytes: Int, at position: PurgePosition, now: CollectorInstant) {
        guard !events.isKnown(position) else { return skip(position, now: now) }
        let slot = register(event, bytes: bytes, at: position, now: now)
        read(to: position.offset + 1, of: position.partition, now: now)
        confirmIfDone(slot, at: now, isReplay: !events.isCaughtUp)
    }

    /// An offset that holds no purge we understand: agents put it aside, and there is nothing to confirm.
    mutating func skip(_ position: PurgePosition, now: CollectorInstant) {
        read(to: position.offset + 1, of: position.partition, now: now)
    }

    /// Messages of a partition end here for now: what lies before it was read, or is no message.
    mutating func reachedEnd(of partition: Int32, at offset: Int64, now: CollectorInstant) {
        read(to: offset, of: partition, now: now)
    }

    /// The purges have been read to their end.
    mutating func purgesCaughtUp() { events.caughtUp() }

    /// A partition of `purge.events` ends below what is known of it: its topic was made anew.
    ///
    /// An agent that has told more than there is speaks of the earlier topic, and is taken to have applied nothing of
    /// this one.
    ///
    /// - Parameter end: where the partition ended when that was seen, or later.
    mutating func startedOver(partition: Int32, end: Int64) {
        events.startOver(partition, at: end)
        unplaced.startOver(partition)
        // Until the acknowledgements are read to their end nothing is concluded from them; then all are looked at.
        guard members.areKnown else { return }
        // This can only take back what counted: nothing becomes confirmed by it.
        for change in members.topicStartedOver(partition, events: &events) { _ = count(change) }
        events.resetCovered(partition, to: members.coveredTo(partition))
    }

    /// Partitions that have to be read from their beginning since the last call.
    mutating func takePartitionsToReadAnew() -> Set<Int32> { events.takePartitionsToReadAnew() }

    /// Whether a purge was stored since the last call in a partition that is not read yet.
    mutating func takeNewPartition() -> Bool { events.takeNewPartition() }

    /// Whether something has said since the last call that the topic may have been made anew.
    mutating func takeSuspicion() -> Bool { events.takeSuspicion() }

    /// The purges that reached a milestone since the last call.
    mutating func takeReached(_ milestone: Milestone) -> [PurgeID] { confirmations.takeReached(milestone) }

    /// How long the purges took that this process saw reach a milestone since the last call.
    mutating func takeSeenTimes(_ milestone: Milestone) -> [Duration] { confirmations.takeSeenTimes(milestone) }

    /// Names a purge in ``takeChanged()`` once something has changed about it.
    mutating func watch(_ id: PurgeID) { if let slot = purges.slot(of: id) { purges.watch(slot) } }

    /// Watched purges about which something has changed since the last call; they are watched no more.
    mutating func takeChanged() -> [PurgeID] { purges.takeChanged() }

    /// Makes a purge known, once; returns its slot.
    private mutating func register(
        _ event: PurgeEvent, bytes: Int, at position: PurgePosition, now: CollectorInstant
    ) -> Int {
        if let slot = purges.slot(of: event.id), let known = purges.position(of: slot) {
            // The same event again; or an old one with an id that was used again since.
            let isOlder = known.partition == position.partition && position.offset < known.offset
            if known == position, purges.found(slot, inTopic: events.topic(of: position.partition)) {
                unsaved.mark(slot)
            }
            if known == position || isOlder { return slot }
            // An id that is used again names the new purge: its answer must not be the old one's "confirmed".
            purges.forget(slot)
        }
        // Another purge at a known offset: the topic was made anew.
        if let slot = purges.slot(at: position) { purges.forget(slot) }
        purges.makeRoom(for: bytes, keeping: unsaved)
        var outstanding = ByMilestone(each: 0)
        if members.areKnown {
            let isBeyondAll = position.offset >= events.coveredTo(position.partition)
            outstanding = isBeyondAll ? ByMilestone(each: members.expectedCount) : members.outstanding(position)
        }
        let slot = purges.add(
            PurgeRecord(
                event: event, position: position, topic: events.topic(of: position.partition), bytes: bytes,
                seenAt: now.monotonic, outstanding: outstanding))
        events.mention(position.partition)
        unsaved.begin(slot, storedPieces: nil)
        unsaved.mark(slot)
        return slot
    }

    /// Takes note of how far a partition has been read.
    private mutating func read(to readTo: Int64, of partition: Int32, now: CollectorInstant) {
        let isAwaited = events.read(to: readTo, of: partition)
        var done: [Int] = []
        if isAwaited { for change in members.readOn(partition, events: &events) { done += count(change) } }
        // Before anything is confirmed by it: whoever waits for that looks at the numbers next.
        for entry in unplaced.take(partition, readTo: events.readTo(partition)) { add(entry) }
        confirmIfDone(done, at: now, isReplay: true)
        tiers.hasRead()
    }

    /// Adds what an agent told about a purge, or keeps it until it is known which purge that is.
    private mutating func add(_ told: ToldResult, of agent: Int) {
        let (purge, entry) = (told.purge, EarlyResults.Entry(told, of: agent))
        if let mark = told.mark {
            guard mark.offset < events.readTo(purge.partition) else { return unplaced.add(early: entry) }
            let comparison = events.compare(mark, in: purge.partition)
            // One that is older than what is remembered may have been found before.
            let isFound = comparison == .same || comparison == .unknown && purge.offset < told.verifiedTo ?? 0
            if isFound { attach(entry) } else { unplaced.add(ofOtherTopic: entry) }
        } else if purges.slot(at: entry.position) != nil {
            attach(entry)
        } else if purge.offset >= events.readTo(purge.partition) {
            unplaced.add(early: entry)
        }
    }

    /// Adds what an agent told before it was known which purge that is about: none, where it mixes topics.
    private mutating func add(_ entry: EarlyResults.Entry) {
        let partition = entry.position.partition
        let isFound = entry.mark.map { events.compare($0, in: partition) == .same } ?? true
        if isFound, entry.isOfOneTopic || !members.all[entry.agent].isDoubted(partition) { attach(entry) }
    }

    private mutating func attach(_ entry: EarlyResults.Entry) {
        let slot = purges.slot(at: entry.position)
        guard let slot, purges.topic(of: slot) == events.topic(of: entry.position.partition) else { return }
        purges.add(entry.result, of: entry.agent, to: slot, &unsaved)
    }

    // MARK: Confirmation

    /// Brings the counts of the open purges from what counted of an agent's words to what counts now.
    /// - Returns: the open purges in whose way nobody stands now.
    private mutating func count(_ change: WordChange) -> [Int] {
        guard change.before != change.after else { return [] }
        for (partition, told) in change.after { events.covered(partition, to: told.effective.end) }
        return members.areKnown ? purges.count(change, collectingBelow: members.silentCount) : []
    }

    private mutating func confirmIfDone(_ slots: [Int], at now: CollectorInstant, isReplay: Bool) {
        for slot in slots { confirmIfDone(slot, at: now, isReplay: isReplay) }
    }

    /// Lets an open purge reach the milestones before which no member stands in its way.
    /// - Parameters:
    ///   - slot: the purge.
    ///   - now: this moment.
    ///   - isReplay: whether it was complete before this process could see it, so that `now` says nothing about when.
    private mutating func confirmIfDone(_ slot: Int, at now: CollectorInstant, isReplay: Bool) {
        guard holdReason == nil, members.canConfirm else { return }
        for milestone in Milestone.allCases {
            guard let outstanding = purges.outstanding(of: slot, on: milestone) else { continue }
            // Whoever stands in the way of the first stands in the way of the second.
            guard outstanding <= members.silentCount, let record = purges[slot] else { return }
            if outstanding > 0 {
                let blocker = members.blocker(
                    of: record.position, on: milestone, seenAt: record.seenAt, last: record.blocker, at: now)
                if let blocker { return purges.block(slot, by: blocker) }
                // Nobody is expected: as the rule has it, that confirms nothing.
                guard members.isAnyInService(for: milestone, of: record.position) else { return }
            }
            // No agent tells when a purge became effective: one that is not applied everywhere did so about now.
            let isUntold = milestone == .effective && record.outstanding.confirmed > members.silentCount
            let isNow = !isReplay || isUntold && events.isCaughtUp
            let reached = isNow ? record.reached(at: now) : record.reachedBefore(by: members.all)
            purges.reach(slot, milestone, reached)
            unsaved.mark(slot)
            confirmations.add(record.event.id, milestone, reached, isSeen: !isReplay)
        }
    }

    // MARK: Tiers

    /// What there is to tell of each tier that others fill from, by name; nothing before the members are known.
    mutating func tierWords(at now: CollectorInstant) -> [TierWord] {
        tiers.look(members, events, isHeld: holdReason != nil || !members.canConfirm, at: now)
        return members.areKnown ? tiers.words(members, events, at: now) : []
    }

    /// What there was to tell of tiers was written, or could not be.
    mutating func toldTiers(trouble: String?) { tiers.written(trouble: trouble) }

    // MARK: The history

    /// What changed since the last call: all of it together is one consistent state.
    mutating func takeChanges() -> HistoryChanges {
        let changes = unsaved.take().compactMap { change -> HistoryChanges.Purge? in
            guard let record = purges[change.slot] else { return nil }
            let results = change.results.compactMap { agent in
                record.results[agent].map { (agent: members.name(of: agent), result: $0) }
            }
            return HistoryChanges.Purge(record, isNew: change.isNew, piece: change.piece, results: results)
        }
        return HistoryChanges(
            purges: changes, minutes: confirmations.takeUnsavedMinutes(), readTo: events.readTo,
            marks: events.ownMarks, topics: events.topics, claims: members.takeClaims())
    }

    /// Says that changes could not be stored: the next ones will hold them too.
    mutating func keep(unsaved changes: HistoryChanges) {
        for change in changes.purges {
            guard let slot = purges.slot(of: change.event.id), let record = purges[slot] else { continue }
            let results = record.hasDroppedResults ? [] : change.results.compactMap { members.index(of: $0.agent) }
            unsaved.putBack(slot, wasNew: change.isNew, results: results)
        }
        confirmations.keep(unsaved: changes.minutes.keys)
        members.keep(unsavedClaims: changes.claims.keys)
    }

    /// Takes in what the history has, before anything is read from Kafka.
    mutating func restore(_ restored: RestoredHistory, now: CollectorInstant) {
        for (minute, histogram) in restored.minutes { confirmations.restore(minute, histogram) }
        members.restore(restored.claims)
        events.restore(topics: restored.topics)
        for (partition, offset) in restored.readTo {
            events.restore(
                partition, readTo: offset, from: restored.start[partition], marks: restored.marks[partition] ?? [])
        }
        for purge in restored.purges where purges.slot(of: purge.event.id) == nil {
            if let slot = purges.slot(at: purge.position), let other = purges[slot] {
                // The topic was made anew: the offset is that of the later one. The other was forgotten before the
                // restart too.
                guard other.event.acceptedAt < purge.event.acceptedAt else { continue }
                purges.forget(slot)
            }
            for (name, _) in purge.results ?? [] { _ = members.know(name) }
            let slot = purges.add(record(of: purge, now: now))
            events.mention(purge.position.partition)
            unsaved.begin(slot, storedPieces: purge.pieces)
        }
    }
}
