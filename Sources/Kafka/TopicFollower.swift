/// Reads a whole topic: every partition there is, those that are added later too, and says where they stand.
///
/// It decides no offset: where a partition begins, and where it goes on when it no longer has what is next, is the
/// owner's to say. It belongs to the thread that polls; only the consumer may be used from others, to wake it up.
package struct TopicFollower {
    /// What a round can bring.
    package enum Event: Sendable {
        /// The next messages of their partitions, at least one.
        case messages([Message])

        /// Everything up to `offset` (not included) has been handed out; comes again after new messages.
        case endReached(partition: Int32, offset: Int64)

        /// The partition does not have `offset` any more, or not yet, but what `available` says: messages may have been
        /// missed, or the topic was made anew.
        ///
        /// It comes once it is certain (``RangeDoubt``), and once; the partition stands still until
        /// ``TopicFollower/read(_:from:)``.
        case outOfRange(partition: Int32, offset: Int64, available: Watermarks)

        /// A question to the brokers, for partitions or for the ends of one, had no answer; it is asked again.
        case lookUpFailed(KafkaError)

        /// Something else; reading goes on when the cause is gone. After a fatal one only a new consumer helps.
        case error(KafkaError)
    }

    /// What a look for partitions found.
    package enum Discovery: Sendable {
        /// It was not due yet, or there was nothing new.
        case nothing
        /// The topic does not exist.
        case topicMissing
        /// These partitions are read from now on.
        case partitions([Int32])
        /// There are fewer partitions than are read: the topic was made anew; and how many looks in a row have found
        /// that.
        case fewer(looks: Int)
        /// They could not be looked up.
        case failed(KafkaError)
    }

    /// How it looks for partitions and for the ends of one.
    package struct Timing: Sendable {
        /// How often new partitions are looked for; they are rare.
        package var lookInterval: Duration = .seconds(10)
        /// How soon that is tried again while there are none.
        package var retryInterval: Duration = .milliseconds(500)
        /// How long the brokers may take for one answer; the call blocks for so long.
        package var lookUpLimit: Duration = .seconds(1)
        /// How long an offset out of range is doubted.
        package var patience = RangeDoubt.Patience()

        package init() {}
    }

    /// The partitions that are read.
    package private(set) var assigned: Set<Int32> = []

    private let consumer: PartitionConsumer
    private let timing: Timing
    private var nextLook: ContinuousClock.Instant?
    private var hasChanged = false
    private var fewerLooks = 0
    /// Partitions of which a broker said that they lack the next offset, until that is certain.
    private var doubts: [Int32: RangeDoubt] = [:]
    /// Partitions out of range that the owner was told of.
    private var waiting: Set<Int32> = []

    /// Follows with a consumer that has no partitions yet.
    package init(_ consumer: PartitionConsumer, timing: Timing = Timing()) {
        self.consumer = consumer
        self.timing = timing
    }

    /// Whether partitions stand still because they do not have what is next.
    package var isStandingStill: Bool { !doubts.isEmpty || !waiting.isEmpty }

    /// Looks for partitions when it is time, and reads those that are not read yet.
    ///
    /// - Parameters:
    ///   - isDue: look at once, whenever the last look was.
    ///   - start: where to begin in a partition; may ask the brokers. What it throws ends the look; the next call looks
    ///     again.
    package mutating func lookForPartitions<Failure: Error>(
        isDue: Bool = false, start: (Int32) throws(Failure) -> StartOffset
    ) throws(Failure) -> Discovery {
        if !isDue, let nextLook, ContinuousClock.now < nextLook { return .nothing }
        nextLook = nil
        let discovery = try discover(start)
        nextLook = .now + (assigned.isEmpty ? timing.retryInterval : timing.lookInterval)
        return discovery
    }

    private mutating func discover<Failure: Error>(
        _ start: (Int32) throws(Failure) -> StartOffset
    ) throws(Failure) -> Discovery {
        let count: Int?
        do throws(KafkaError) {
            count = try consumer.partitionCount(timeout: timing.lookUpLimit)
        } catch {
            return .failed(error)
        }
        guard let count, count > 0 else { return .topicMissing }
        let found = (0..<Int32(clamping: count)).filter { !assigned.contains($0) }
        fewerLooks = assigned.count > count ? fewerLooks + 1 : 0
        guard !found.isEmpty else { return fewerLooks > 0 ? .fewer(looks: fewerLooks) : .nothing }
        var starts: [Int32: StartOffset] = [:]
        for partition in found { starts[partition] = try start(partition) }
        do throws(KafkaError) {
            try consumer.assign(starts)
        } catch {
            return .failed(error)
        }
        assigned.formUnion(found)
        return .partitions(found)
    }

    /// Whether the brokers have told another number of partitions since the last call, none included: the topic may
    /// have been made anew.
    package mutating func takeChange() -> Bool {
        defer { hasChanged = false }
        return hasChanged
    }

    /// Waits for something to happen, at most so long, and says what did, in the order of each partition.
    package mutating func poll(maxMessages: Int, timeout: Duration) -> [Event] {
        var events: [Event] = []
        var messages: [Message] = []
        func flush() {
            if !messages.isEmpty { events.append(.messages(messages)) }
            messages.removeAll()
        }
        for event in consumer.poll(maxMessages: maxMessages, timeout: timeout) {
            if case .message(let message) = event {
                messages.append(message)
                continue
            }
            flush()
            switch event {
            case .message: break
            case .endOfPartition(let partition, let offset):
                events.append(.endReached(partition: partition, offset: offset))
            case .offsetOutOfRange(let partition, let offset):
                doubts[partition] = RangeDoubt(offset: offset, since: .now, patience: timing.patience)
            case .partitionCountChanged:
                nextLook = nil
                hasChanged = true
            case .commitFailed: break
            case .error(let error): events.append(.error(error))
            }
        }
        flush()
        return events + explained()
    }

    /// Asks for the ends of the partitions that are out of range, and reads on where that was no more than said.
    ///
    /// Without an answer they stand still until there is one: what has happened to them is not known later.
    private mutating func explained() -> [Event] {
        doubts.filter { $0.value.isLookDue(.now) }.keys.sorted().compactMap { partition in
            do throws(KafkaError) {
                return try look(at: partition)
            } catch {
                doubts[partition]?.lookFailed(.now)
                return .lookUpFailed(error)
            }
        }
    }

    private mutating func look(at partition: Int32) throws(KafkaError) -> Event? {
        // Asked first, so that the next question goes to whoever leads now.
        _ = try consumer.partitionCount(timeout: timing.lookUpLimit)
        let ends = try consumer.watermarks(partition: partition, timeout: timing.lookUpLimit)
        guard var doubt = doubts[partition] else { return nil }
        switch doubt.judge(ends, now: .now) {
        case .unsure: doubts[partition] = doubt
        case .falseAlarm: try read(partition, from: .offset(doubt.offset))
        case .missed:
            doubts[partition] = nil
            waiting.insert(partition)
            return .outOfRange(partition: partition, offset: doubt.offset, available: ends)
        }
        return nil
    }

    /// Reads a partition from another offset on; one that stood still goes on.
    ///
    /// - Throws: as ``PartitionConsumer/seek(partition:to:)``; then nothing has changed.
    package mutating func read(_ partition: Int32, from start: StartOffset) throws(KafkaError) {
        try consumer.seek(partition: partition, to: start)
        doubts[partition] = nil
        waiting.remove(partition)
    }
}
