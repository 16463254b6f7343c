import PurgeModel

/// What the collector keeps of one agent.
struct AgentRecord: Sendable {
    /// What it is called: the key of its acknowledgements, with the machine where another one has the name.
    private(set) var name: String
    /// The name that it uses though it belongs to another machine; nil for all others.
    var otherMachineOf: String? {
        acknowledgement.agent == name ? nil : acknowledgement.agent
    }
    /// Whether it has spoken and was not retired since; the record stays, because results refer to it by index.
    private(set) var isMember = false
    /// Whether the roster names it and it has not spoken: it stands in the way of every purge.
    private(set) var isUnheard = false
    /// Whether it is known from before only: `purge.acks` has no word of it, so far.
    private(set) var isRemembered = false
    /// Where the roster says it is.
    private(set) var rosterRegion: String?
    /// The partition of `purge.acks` that its words are in.
    private(set) var acksPartition: Int32 = 0
    /// Its last acknowledgement.
    private(set) var acknowledgement: Acknowledgement
    /// Whether one process speaks under this name.
    private(set) var tracker: InstanceTracker
    /// When the last acknowledgement arrived here.
    private(set) var heardAt: Duration = .zero
    /// Set while it is silent for so long that it has fenced itself: for purges that are older than this.
    private(set) var safeAfter: Duration?
    /// What it has applied or made effective, by partition.
    private(set) var coverage: [Int32: ByMilestone<Coverage>] = [:]
    /// Partitions in which its words speak of an earlier topic, or may: what it tells there counts as nothing.
    ///
    /// For agents that tell no marks.
    private(set) var earlier = EarlierWords()
    /// How far its words are known to be about the present topic, where it tells marks.
    private(set) var marked = MarkedWords()
    /// What counts of ``coverage``, as long as one process speaks.
    private var believed: [Int32: ByMilestone<Coverage>] = [:]
    /// Whether nothing is effective by its word that it has not applied: nobody knows whether it is still there to be
    /// asked.
    private(set) var isLapsed = false

    /// Whether its last word tells about single purges that were not believed when it was looked at.
    private(set) var hasDoubtedResults = false

    /// How old its last acknowledgement was when it arrived, as far as clocks can tell; zero in normal running.
    private var ageWhenHeard: Duration = .zero

    /// An agent that is known by its name only: from the roster, or from the history.
    init(name: String) {
        let nothing = Timestamp(milliseconds: 0)
        self.name = name
        acknowledgement = Acknowledgement(
            agent: name, instance: "", sentAt: nothing, software: "", cache: "", status: .starting, fence: .off,
            fenceAfter: .zero)
        tracker = InstanceTracker(instance: "", sentAt: nothing, heardAt: .zero)
    }

    // MARK: Questions

    /// Where it is: as it says itself, else as the roster does.
    var region: String? { acknowledgement.region ?? rosterRegion }
    /// Whether it was drained: its fence is set, and it has left the set until it says otherwise.
    var isDrained: Bool { acknowledgement.drained && tracker.standing == .settled }
    /// Whether somebody counts on it: purges wait for it, or it is known why not.
    var isExpected: Bool { isMember || isUnheard }
    /// Whether two processes speak under its name.
    var isConflicted: Bool { tracker.standing == .conflicted }

    /// What counts of its coverage: nothing while two processes may be speaking, or where it is of an earlier topic.
    var counted: [Int32: ByMilestone<Coverage>] { tracker.standing == .settled ? believed : [:] }

    /// Whether what it has applied counts for this purge.
    func hasApplied(_ position: PurgePosition) -> Bool { hasReached(.confirmed, position) }

    /// Whether this purge has reached a milestone on it, as far as its words count.
    func hasReached(_ milestone: Milestone, _ position: PurgePosition) -> Bool {
        tracker.standing == .settled && believed[position.partition]?[milestone].contains(position.offset) ?? false
    }

    /// Whether its words about single purges of a partition are known not to be about the present topic, or may not be.
    func isDoubted(_ partition: Int32) -> Bool { earlier.contains(partition) || marked.isDoubted(partition) }

    /// What its last word tells about single purges, but for those of which nobody will know which topic they are of:
    /// it is doubted, and has not begun the partition anew.
    mutating func toldResults() -> [ToldResult] {
        let marks = Dictionary(
            acknowledgement.partitions.map { ($0.partition, $0.mark) }, uniquingKeysWith: { first, _ in first })
        let anew = Set(
            acknowledgement.partitions.filter { $0.mark != nil && marked.hasBegunAnew($0, acknowledgement) }
                .map(\.partition))
        let told = acknowledgement.recent.filter { !isDoubted($0.partition) || anew.contains($0.partition) }
        hasDoubtedResults = told.count < acknowledgement.recent.count
        return told.map { purge in
            ToldResult(
                purge, mark: marks[purge.partition].flatMap(\.self), verifiedTo: marked.verifiedTo(purge.partition),
                isOfOneTopic: anew.contains(purge.partition), instance: acknowledgement.instance)
        }
    }

    /// Partitions that it has begun anew by its last word, since the one before.
    func begunAnew(since last: Acknowledgement) -> [Int32] {
        // A later run may know less after a power loss, and tells only what it has done itself.
        let hasFlushed = acknowledgement.counts.flushes > last.counts.flushes
        guard acknowledgement.instance == last.instance, hasFlushed || acknowledgement.partitions != last.partitions
        else { return [] }
        let queued = Dictionary(
            acknowledgement.partitions.map { ($0.partition, $0.queued) }, uniquingKeysWith: { first, _ in first })
        return last.partitions.filter { hasFlushed || queued[$0.partition] ?? 0 < $0.queued }.map(\.partition)
    }

    /// How far it has got in a partition, as far as that counts; nil when it has said nothing about it.
    func progress(in partition: Int32) -> PartitionProgress? {
        guard tracker.standing == .settled, let believed = believed[partition] else { return nil }
        guard var progress = acknowledgement.progress(in: partition), marked.contains(partition) else {
            return acknowledgement.progress(in: partition)
        }
        progress.applied = believed.confirmed.applied
        progress.appliedRanges = believed.confirmed.ranges.map { $0.lowerBound...$0.upperBound - 1 }
        return progress
    }

    /// What it has applied as it says itself, whether that counts or not; nothing where it certainly speaks of an
    /// earlier topic.
    ///
    /// After every restart what it tells does not count for a moment; by that no purge of the day looks as if it
    /// waited.
    func toldCoverage(of partition: Int32) -> Coverage {
        isOfEarlierTopic(partition) ? Coverage() : coverage[partition]?.confirmed ?? Coverage()
    }

    /// Whether what it tells of a partition is known to be about an earlier topic.
    func isOfEarlierTopic(_ partition: Int32) -> Bool { earlier.isProven(partition) || marked.isDoubted(partition) }

    /// What to do about an agent that is known from before only; nil for all others.
    var remembrance: String? {
        guard isRemembered else { return nil }
        return "purge.acks has no acknowledgement of this agent: the topic was made anew, or another machine with its "
            + "name took its place there. Purges wait until it speaks; start it, or retire it if it is gone"
    }

    /// What to do about an agent that speaks of another topic than the one that is there; nil for all others.
    var topicConflict: String? {
        marked.doubt.map { partition, doubt in
            let remedy = "If it does not flush by itself within a minute, run 'edge-purge flush' on its machine"
            return switch doubt {
            case .otherMessage(let offset):
                "purge.events was made anew, and this agent still tells of the earlier topic: another message than "
                    + "it has read is at offset \(offset) of partition \(partition); nothing it tells of this "
                    + "partition counts. \(remedy), or retire it if it is gone"
            case .readOn:
                "purge.events was made anew, and this agent has read on in partition \(partition) without beginning "
                    + "anew: it may have missed purges, and nothing it tells of this partition counts. \(remedy)"
            }
        }
    }

    /// How long ago it spoke, for display: with the time its word was in Kafka before we read it.
    func shownSilence(at now: CollectorInstant) -> Duration {
        max(.zero, now.monotonic - heardAt) + ageWhenHeard
    }

    // MARK: What happens to it

    /// It is called otherwise: the name belongs to it now, or does not any more.
    mutating func rename(to name: String) { self.name = name }

    /// The roster names it.
    mutating func name(inRoster region: String?) {
        rosterRegion = region
        if !isMember { isUnheard = true }
    }

    /// The roster does not name it any more.
    mutating func leaveRoster() {
        isUnheard = false
    }

    /// Its first word, or the first after it was retired: it begins anew.
    mutating func join(_ word: Acknowledgement, at now: CollectorInstant) {
        let region = rosterRegion
        self = AgentRecord(name: name)
        rosterRegion = region
        isMember = true
        acknowledgement = word
        tracker = InstanceTracker(instance: word.instance, sentAt: word.sentAt, heardAt: now.monotonic)
    }

    /// One acknowledgement of it.
    /// - Parameters:
    ///   - age: how old it was when it arrived, as far as wall clocks can tell.
    ///   - window: how long one instance has to speak alone to be believed.
    mutating func hear(
        _ word: Acknowledgement, isNew: Bool, at now: CollectorInstant, partition: Int32, age: Duration,
        window: Duration
    ) {
        let last = acknowledgement
        tracker.hear(
            instance: word.instance, sentAt: word.sentAt, heardAt: now.monotonic,
            currentHasEnded: last.status == .draining, window: window)
        (acknowledgement, heardAt, ageWhenHeard) = (word, now.monotonic, age)
        (safeAfter, acksPartition, isRemembered) = (nil, partition, false)
        let wasLapsed = isLapsed
        isLapsed = false
        // Most acknowledgements of a quiet minute repeat the last one. They must cost next to nothing.
        guard isNew || wasLapsed || word.partitions != last.partitions else { return }
        coverage = Dictionary(
            word.partitions.map { ($0.partition, ByMilestone($0)) },
            uniquingKeysWith: { $0.confirmed.end < $1.confirmed.end ? $0 : $1 })
        reckon()
    }

    /// Its words are not in the topic (any more), and nobody knows what it has said since: it counts neither as safe
    /// nor as drained before it speaks.
    mutating func remember() {
        acknowledgement = acknowledgement.reliable
        (safeAfter, isRemembered) = (nil, true)
    }

    /// Nothing that it has not applied is effective by its word any more, until it speaks again.
    mutating func lapse() {
        isLapsed = true
        reckon()
    }

    /// It was retired; one that the roster names is expected again at once: it has to speak.
    mutating func leave(isInRoster: Bool) {
        (isMember, isRemembered) = (false, false)
        isUnheard = isInRoster
    }

    /// What it has told counts as nothing.
    mutating func forgetProgress() {
        (coverage, believed) = ([:], [:])
        (earlier, marked) = (EarlierWords(), MarkedWords())
    }

    /// Says for which purges its silence is safe: those older than this; nil for none.
    mutating func setSafe(after age: Duration?) {
        safeAfter = age
    }

    /// Believes its last word, or does not, in the partitions where it may speak of an earlier topic.
    /// - Parameters:
    ///   - isNew: whether it is its first word.
    ///   - last: what it told before.
    mutating func weigh(isNew: Bool, last: [PartitionProgress], events: inout EventsProgress) {
        guard isNew || marked.isUnsettled || !earlier.isEmpty || acknowledgement.partitions != last else { return }
        weighMarks(events: &events)
        earlier.weigh(acknowledgement, isNew: isNew, except: marked, events: &events)
        reckon()
    }

    /// Compares the marks that it tells with what was read.
    mutating func weighMarks(events: inout EventsProgress) {
        for told in acknowledgement.partitions where told.mark != nil || marked.contains(told.partition) {
            marked.weigh(told, acknowledgement, events: &events)
        }
        reckon()
    }

    /// Believes it nothing about a partition if it has told more than there is.
    mutating func doubt(about partition: Int32, isProven: Bool, events: inout EventsProgress) {
        earlier.doubt(acknowledgement, about: partition, isProven: isProven, events: &events)
        reckon()
    }

    /// The topic was made anew: what it has told of a partition is about the earlier one until the contrary is known.
    mutating func startOver(_ partition: Int32, events: inout EventsProgress) {
        guard marked.contains(partition) else { return doubt(about: partition, isProven: true, events: &events) }
        marked.startOver(partition, events: &events)
        // What was compared with the earlier topic, and dropped, may be about this one.
        hasDoubtedResults = true
        reckon()
    }

    /// More of a partition has been read; answers whether more of what it tells counts.
    mutating func readOn(_ partition: Int32, events: inout EventsProgress) -> Bool {
        let isBelieved = earlier.readOn(partition, events: &events)
        let isVerified = marked.readOn(partition, events: &events)
        guard isBelieved || isVerified else { return false }
        reckon()
        return true
    }

    private mutating func reckon() {
        believed = coverage
        for (partition, coverage) in coverage {
            if earlier.contains(partition) { believed[partition] = nil }
            if let end = marked.verifiedTo(partition), coverage.effective.end > end {
                believed[partition] = coverage.below(end)
            }
            if isLapsed, let counted = believed[partition]?.confirmed { believed[partition]?.effective = counted }
        }
    }
}
