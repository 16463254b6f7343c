import CRdKafka
import Dispatch
import Synchronization

/// Reads partitions that its owner names, from offsets its owner keeps.
///
/// Never a group member.
///
/// Offsets are never chosen by librdkafka: one the partition does not have is an event, and the partition then stands
/// still until `seek`. `poll` is called from a thread of the owner's; every other call may come from any thread. Calls
/// that change the position (`assign`, `seek`, `pause`, `resume`) take turns with `poll`, so a batch that `poll`
/// returns is never cut by them; a poll that waits is woken for them.
///
/// `@unchecked Sendable`: all mutable state is behind the mutexes.
package final class PartitionConsumer: @unchecked Sendable {
    /// The most messages one poll hands out: bounds the memory of a batch.
    static let batchMax = 100_000
    /// Bytes of a batch, about: whoever is next waits until it is worked on.
    static let batchBytesMax = 256 << 10
    /// Bytes of what was fetched and waits for its turn, about; librdkafka keeps more.
    static let heldBytesMax = 8 << 20
    /// How long librdkafka may take to apply a seek; its main thread answers at once unless it hangs.
    static let seekLimitMilliseconds: Int32 = 5000
    /// Wait before a start that could not be looked up is tried again.
    static let restartDelay = Duration.seconds(1)
    /// How long `close` waits for commits on their way and librdkafka's own threads.
    private static let destroyLimit = Duration.seconds(10)

    /// State that polls and control calls share, by turns.
    struct Turn {
        /// Starts that the broker could not look up, tried again: `.earliest` stays `.earliest`, nothing is reset.
        var restarts: [Int32: (start: StartOffset, due: ContinuousClock.Instant)] = [:]
        var paused: Set<Int32> = []
        var assigned: Set<Int32> = []
        /// Fetched, and to be handed out.
        var lanes = PartitionLanes()
    }

    /// The topic it reads.
    package let topic: String
    /// The group offsets are committed to; nil: none.
    package let groupID: String?
    private let client: Mutex<ClientHandle?>
    private let destroyed: DispatchGroup
    /// Passed through by each poll, held by control calls: a control call that waits goes before the next poll.
    private let gate = Mutex<Void>(())
    private let turn = Mutex(Turn())

    /// Creates a consumer without partitions; it connects on its own and does not wait for a broker.
    ///
    /// - Parameter groupID: only where `commit` writes to; nil: `commit` and `committed` are errors.
    /// - Throws: `.invalidArgument` naming the property that is unknown or has a bad value, or for the topic name.
    package init(_ configuration: KafkaConfiguration, topic: String, groupID: String?) throws(KafkaError) {
        if groupID?.isEmpty == true { throw .invalidArgument("the group id is empty: leave it out or name one") }
        self.topic = try topic.checkedTopicName()
        self.groupID = groupID
        // librdkafka assigns partitions only to a client with a group id; without commits the group never exists.
        let group = groupID ?? (configuration.clientID.isEmpty ? "unused" : configuration.clientID)
        let client = try ClientHandle(.consumer(groupID: group), configuration)
        destroyed = client.destroyed
        self.client = Mutex(client)
    }

    /// Number of partitions now; nil while the topic does not exist.
    ///
    /// Blocks up to `timeout`.
    ///
    /// - Throws: `.transport` or `.timedOut` (both retriable) when no broker answers.
    package func partitionCount(timeout: Duration) throws(KafkaError) -> Int? {
        try TopicMetadata.partitionCount(of: topic, with: openClient(), timeout: timeout)
    }

    /// Starts reading more partitions; those assigned before go on where they are.
    ///
    /// A partition or topic that does not exist yet is no error here: `.error` events come until it does.
    ///
    /// - Throws: `.conflict` when one of them is assigned already (then none is added), `.invalidArgument`.
    package func assign(_ starts: [Int32: StartOffset]) throws(KafkaError) {
        var offsets: [Int32: Int64] = [:]
        for (partition, start) in starts { offsets[partition] = try start.checkedRawValue() }
        guard !offsets.isEmpty else { return _ = try openClient() }
        let list = try TopicPartitionList(topic: topic, offsets)
        try control { turn, client throws(KafkaError) in
            try client.withClient { client throws(KafkaError) in
                try unsafe KafkaError.check(
                    rd_kafka_incremental_assign(client, list.pointer),
                    "cannot assign partitions \(starts.keys.sorted()) of topic \"\(topic)\""
                )
            }
            turn.assigned.formUnion(starts.keys)
        }
    }

    /// Goes on reading a partition from another offset, also one that stands still after `.offsetOutOfRange`.
    ///
    /// Returns when librdkafka has applied it: later polls bring only messages from the new position. A partition
    /// that is paused stays paused.
    ///
    /// - Throws: `.unknownPartition`, or `.state` for a partition that is not assigned.
    package func seek(partition: Int32, to start: StartOffset) throws(KafkaError) {
        let offset = try start.checkedRawValue()
        try control { turn, client throws(KafkaError) in
            guard turn.assigned.contains(partition) else {
                throw KafkaError(
                    code: .state,
                    message: "cannot seek: partition \(partition) of topic \"\(topic)\" is not assigned",
                    partition: partition
                )
            }
            turn.restarts[partition] = nil
            try seek(partition, to: offset, with: client)
            turn.lanes.drop(partition)
        }
    }

    /// Stops fetching these partitions; positions are kept.
    ///
    /// Returns those that could not be paused, with the reason.
    @discardableResult
    package func pause(_ partitions: [Int32]) -> [Int32: KafkaError] { setPaused(true, partitions) }

    /// Goes on after `pause`, exactly with the message after the last one `poll` returned.
    @discardableResult
    package func resume(_ partitions: [Int32]) -> [Int32: KafkaError] { setPaused(false, partitions) }

    /// Makes a poll that waits return; when none waits, the next one returns early.
    package func wakeUp() { client.withLock { $0 }?.yieldQueue() }

    /// Ends the consumer.
    ///
    /// A poll in progress returns; later calls throw `.closed`.
    ///
    /// Blocks up to a second for commits on their way, and for librdkafka's threads. May be called again.
    package func close() {
        client.withLock { $0.take() }?.yieldQueue()
        ClientHandle.wait(for: destroyed, upTo: Self.destroyLimit)
    }

    /// Waits for events up to `timeout`, then returns those there are, in order per partition, at most `maxMessages`.
    ///
    /// Partitions take turns, so that one with a lot holds none up, and a batch of more than 256 KiB is one message.
    ///
    /// For a thread of the owner's: it blocks, and the handlers of the configuration for statistics run inside. Empty
    /// after the time-out or `wakeUp`. A closed consumer answers `.error` with `.closed` at once.
    package func poll(maxMessages: Int, timeout: Duration) -> [ConsumerEvent] {
        gate.withLock { _ in }
        return turn.withLock { turn in
            guard let client = client.withLock({ $0 }) else { return [.error(.closed("the consumer"))] }
            restartDue(&turn, client)
            let limit = min(max(maxMessages, 1), Self.batchMax)
            let events = fetch(limit, &turn, client, timeout: timeout)
            let taken = turn.lanes.take(messagesMax: limit, bytesMax: Self.batchBytesMax, except: turn.paused)
            return taken + events + client.callbacks.takeEvents()
        }
    }

    /// Puts what librdkafka has into the lanes; waits for it only when there is nothing to hand out.
    ///
    /// - Returns: what is about no partition.
    private func fetch(
        _ limit: Int, _ turn: inout Turn, _ client: ClientHandle, timeout: Duration
    ) -> [ConsumerEvent] {
        let room = Self.heldBytesMax - turn.lanes.bytes(except: turn.paused)
        guard room > 0 else { return [] }
        let timeout = turn.lanes.hasSome(except: turn.paused) ? .zero : timeout
        let batch = ConsumerBatch(topic: topic, limit: limit, bytesMax: room)
        let fetched = batch.poll(client, timeout: timeout) { partition, start in
            turn.restarts[partition] = (start, .now + Self.restartDelay)
        }
        return fetched.filter { event in
            guard let partition = event.place else { return true }
            turn.lanes.add(event, of: partition)
            return false
        }
    }

    func openClient() throws(KafkaError) -> ClientHandle {
        guard let client = client.withLock({ $0 }) else { throw .closed("the consumer") }
        return client
    }

    /// Runs `body` between two polls, waking the one that waits.
    private func control<R>(
        _ body: (inout sending Turn, ClientHandle) throws(KafkaError) -> sending R
    ) throws(KafkaError) -> R {
        let client = try openClient()
        return try gate.withLock { _ throws(KafkaError) in
            let result = try turn.withLockIfAvailable { turn throws(KafkaError) in try body(&turn, client) }
            if let result { return result }
            client.yieldQueue()
            return try turn.withLock { turn throws(KafkaError) in try body(&turn, client) }
        }
    }

    private func seek(_ partition: Int32, to offset: Int64, with client: ClientHandle) throws(KafkaError) {
        let list = try TopicPartitionList(topic: topic, [partition: offset])
        let context = "cannot seek in topic \"\(topic)\""
        let failure: KafkaError?
        do throws(KafkaError) {
            try client.withClient { client throws(KafkaError) in
                try unsafe KafkaError.check(
                    rd_kafka_seek_partitions(client, list.pointer, Self.seekLimitMilliseconds),
                    context
                )
            }
            failure = list.firstError(context)
        } catch {
            failure = error
        }
        guard let failure else { return }
        // A partition that stopped at an offset out of range is not sought by librdkafka, only started anew; and one
        // that has not answered, on a busy machine, may yet do it at any time. Being paused outlasts that.
        guard [.state, .timedOut].contains(failure.code) else { throw failure }
        let anew = try TopicPartitionList(topic: topic, [partition: offset])
        try client.withClient { client throws(KafkaError) in
            try unsafe KafkaError.check(rd_kafka_incremental_unassign(client, anew.pointer), context)
            try unsafe KafkaError.check(rd_kafka_incremental_assign(client, anew.pointer), context)
        }
    }

    private func restartDue(_ turn: inout Turn, _ client: ClientHandle) {
        guard !turn.restarts.isEmpty else { return }
        let now = ContinuousClock.now
        for (partition, restart) in turn.restarts where restart.due <= now {
            turn.restarts[partition] = nil
            do throws(KafkaError) {
                try seek(partition, to: restart.start.checkedRawValue(), with: client)
            } catch {
                client.callbacks.add(.error(error))
                turn.restarts[partition] = (restart.start, now + Self.restartDelay)
            }
        }
    }

    /// Sends only real changes: to librdkafka a second resume means "start again where the last pause was".
    private func setPaused(_ isPaused: Bool, _ partitions: [Int32]) -> [Int32: KafkaError] {
        do throws(KafkaError) {
            return try control { turn, client throws(KafkaError) in
                var failed: [Int32: KafkaError] = [:]
                for partition in Set(partitions).subtracting(turn.assigned) {
                    failed[partition] = KafkaError(
                        code: .state,
                        message: "partition \(partition) of topic \"\(topic)\" is not assigned",
                        partition: partition
                    )
                }
                let known = turn.assigned.intersection(partitions)
                let changing = isPaused ? known.subtracting(turn.paused) : known.intersection(turn.paused)
                guard !changing.isEmpty else { return failed }
                let list = try TopicPartitionList(topic: topic, partitions: changing)
                client.withClient { client in
                    if isPaused {
                        _ = unsafe rd_kafka_pause_partitions(client, list.pointer)
                    } else {
                        _ = unsafe rd_kafka_resume_partitions(client, list.pointer)
                    }
                }
                list.forEach { partition, _, error in
                    if error != RD_KAFKA_RESP_ERR_NO_ERROR {
                        failed[partition] = KafkaError(error, "cannot pause or resume", partition: partition)
                    } else if isPaused {
                        turn.paused.insert(partition)
                    } else {
                        turn.paused.remove(partition)
                    }
                }
                return failed
            }
        } catch {
            return Dictionary(partitions.map { ($0, error) }, uniquingKeysWith: { first, _ in first })
        }
    }
}
