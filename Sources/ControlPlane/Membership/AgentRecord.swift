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
    /// What it has applied, by partition.
    private(set) var coverage: [Int32: Coverage] = [:]
    /// Partitions in which its words speak of an earlier topic, or may: what it tells there counts as nothing.
    private(set) var earlier = EarlierWords()

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
    var counted: [Int32: Coverage] {
        guard tracker.standing == .settled else { return [:] }
        return earlier.isEmpty ? coverage : coverage.filter { !earlier.contains($0.key) }
    }

    /// Whether what it has applied counts for this purge.
    func hasApplied(_ position: PurgePosition) -> Bool {
        guard tracker.standing == .settled, !earlier.contains(position.partition),
            let coverage = coverage[position.partition]
        else { return false }
        return coverage.contains(position.offset)
    }

    /// Those of these words about single purges that are about the present topics.
    func believed(_ recent: [RecentPurge]) -> [RecentPurge] {
        earlier.isEmpty ? recent : recent.filter { !earlier.contains($0.partition) }
    }

    /// How far it has got in a partition, if that counts; nil when it has said nothing about it.
    func progress(in partition: Int32) -> PartitionProgress? {
        guard tracker.standing == .settled, !earlier.contains(partition) else { return nil }
        return acknowledgement.progress(in: partition)
    }

    /// What it has applied as it says itself, whether that counts or not; nothing where it certainly speaks of an
    /// earlier topic.
    ///
    /// After every restart what it tells does not count for a moment; by that no purge of the day looks as if it
    /// waited.
    func toldCoverage(of partition: Int32) -> Coverage {
        earlier.isProven(partition) ? Coverage() : coverage[partition] ?? Coverage()
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
        (safeAfter, acksPartition) = (nil, partition)
        // Most acknowledgements of a quiet minute repeat the last one. They must cost next to nothing.
        guard isNew || word.partitions != last.partitions else { return }
        coverage = Dictionary(
            word.partitions.map { ($0.partition, Coverage(applied: $0.applied, ranges: $0.appliedRanges)) },
            uniquingKeysWith: { $0.end < $1.end ? $0 : $1 })
    }

    /// It was retired; one that the roster names is expected again at once: it has to speak.
    mutating func leave(isInRoster: Bool) {
        isMember = false
        isUnheard = isInRoster
    }

    /// What it has told counts as nothing.
    mutating func forgetProgress() {
        coverage = [:]
        earlier = EarlierWords()
    }

    /// Says for which purges its silence is safe: those older than this; nil for none.
    mutating func setSafe(after age: Duration?) {
        safeAfter = age
    }

    /// Believes its last word, or does not, in the partitions where it may speak of an earlier topic.
    mutating func weigh(isNew: Bool, events: inout EventsProgress) {
        earlier.weigh(acknowledgement, isNew: isNew, events: &events)
    }

    /// Believes it nothing about a partition if it has told more than there is.
    mutating func doubt(about partition: Int32, isProven: Bool, events: inout EventsProgress) {
        earlier.doubt(acknowledgement, about: partition, isProven: isProven, events: &events)
    }

    /// More of a partition has been read; answers whether it is believed again.
    mutating func readOn(_ partition: Int32, events: inout EventsProgress) -> Bool {
        earlier.readOn(partition, events: &events)
    }
}
