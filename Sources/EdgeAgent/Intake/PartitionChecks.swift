import PurgeModel

/// What one run of the ``Intake`` knows of its partitions: of which it is certain, and what is compared to find out.
///
/// A topic that is deleted and made anew has the same name, and librdkafka reads on at the old offset. So now and then,
/// and whenever something happened behind which that could be, a message is read once more, and must be the same.
struct PartitionChecks: Sendable {
    /// The partitions that are read.
    private(set) var assigned: Set<Int32> = []
    /// The message that comes next of a partition if its topic is still the same.
    private(set) var comparing: [Int32: MessageMark] = [:]
    /// What is compared of a partition once that has come.
    private var following: [Int32: MessageMark] = [:]
    private(set) var doubts: [Int32: OffsetDoubt] = [:]
    /// To be compared as soon as nothing is left of the last poll.
    private(set) var due: Set<Int32> = []
    /// The last message of each partition as of the last comparison: what was read since may be of another topic.
    private var anchors: [Int32: MessageMark] = [:]
    /// Partitions whose end was not reached since they were assigned, or sought without a message to compare.
    private var silent: Set<Int32> = []
    private var lastRound: ContinuousClock.Instant?

    /// How often all is compared without a reason: it costs a fetch for each partition, of what was read since.
    static let interval = Duration.seconds(60)

    /// Partitions are read from now on.
    mutating func assign(_ partition: Int32, expecting mark: MessageMark?) {
        assigned.insert(partition)
        silent.insert(partition)
        comparing[partition] = mark
        anchors[partition] = mark
    }

    // MARK: Comparing

    /// Something happened behind which any topic may be another one; returns the partitions that are now uncertain.
    ///
    /// Those that are compared already are compared once more, since what they are compared with may be older; those in
    /// doubt stay as they are.
    mutating func alarm() -> Set<Int32> {
        let affected = assigned.filter { doubts[$0] == nil }
        due.formUnion(affected)
        return affected
    }

    /// Makes all due when it is time.
    mutating func passed(to now: ContinuousClock.Instant) {
        guard let last = lastRound else { return lastRound = now }
        guard last.duration(to: now) >= Self.interval else { return }
        lastRound = now
        _ = alarm()
    }

    /// What is to be compared of a partition: the last message as of the last comparison, and the last one now.
    ///
    /// The first is another one where the topic was made anew, also when messages of the new topic were read since. The
    /// second is another one where Kafka has lost the end of the partition and filled it anew.
    ///
    /// - Parameter marks: what was read of it.
    func targets(_ partition: Int32, _ marks: MessageMarks) -> [MessageMark] {
        let (anchor, newest) = (anchors[partition], marks.newest)
        return [anchor, newest == anchor ? nil : newest].compactMap(\.self)
    }

    /// The partition was sought to a message that is to be compared, or without one.
    ///
    /// - Parameter next: what is to be compared after that.
    mutating func sought(_ partition: Int32, expecting mark: MessageMark?, then next: MessageMark? = nil) {
        due.remove(partition)
        comparing[partition] = mark
        following[partition] = next
        if mark == nil { silent.insert(partition) }
    }

    /// What is to be compared next, now that a message was the same.
    mutating func takeFollowing(_ partition: Int32) -> MessageMark? { following.removeValue(forKey: partition) }

    /// All that was compared was the same.
    ///
    /// - Parameter newest: the last message that was read.
    mutating func matched(_ partition: Int32, newest: MessageMark?) {
        comparing[partition] = nil
        anchors[partition] = newest
    }

    /// Messages of a partition came, or its end was reached; says whether for the first time since it was assigned.
    ///
    /// - Parameter newest: the last message that was read.
    mutating func heard(_ partition: Int32, isEnd: Bool, newest: MessageMark?) -> Bool {
        if anchors[partition] == nil { anchors[partition] = newest }
        return isEnd && silent.remove(partition) != nil
    }

    // MARK: Doubts

    /// Kafka says that the partition does not have what is next.
    ///
    /// It stands still, and what was to be compared will not come.
    mutating func doubt(_ partition: Int32, offset: Int64, now: ContinuousClock.Instant) {
        due.remove(partition)
        (comparing[partition], following[partition]) = (nil, nil)
        if doubts[partition] == nil { doubts[partition] = OffsetDoubt(offset: offset, since: now) }
    }

    /// Changes what is known of a doubt.
    @discardableResult
    mutating func judge<R>(_ partition: Int32, _ body: (inout OffsetDoubt) -> R) -> R? {
        guard var doubt = doubts[partition] else { return nil }
        defer { doubts[partition] = doubt }
        return body(&doubt)
    }

    /// The doubt is over: the partition is read from where it was.
    mutating func settled(_ partition: Int32) { doubts[partition] = nil }

    /// The partition is read from the beginning of what there is.
    mutating func startedAnew(_ partition: Int32) {
        due.remove(partition)
        (comparing[partition], following[partition]) = (nil, nil)
        doubts[partition] = nil
        anchors[partition] = nil
        silent.insert(partition)
    }
}
