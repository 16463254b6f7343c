import Kafka
import LinuxFiles
import Logging
import PrometheusText
import PurgeModel
import Synchronization

/// Reads purges from Kafka into the queue, from where the queue left off; nothing else decides where to read.
///
/// Runs on a thread of its own, because both reading and writing block.
final class Intake: Sendable {
    private let consumer: any PartitionReader
    private let queue: PurgeQueue
    private let status: AgentStatusBoard
    private let lastMessages: LastMessages
    private let missedPurges: PurgeMode
    private let replay: ReplayWindow
    private let health: StoreHealth
    private let topic: String
    private let clock: any AgentClock
    private let logger: Logger
    /// Waits between tries.
    private let pause: Poller
    /// Called after new purges or rejected messages were queued.
    private let onArrival: @Sendable () -> Void
    /// Called with each order to an agent that is news to the world.
    private let onOrder: @Sendable (AgentOrder) -> Void
    private let looksForPartitions = Mutex(false)

    /// Messages taken into the queue by one write.
    private static let batchMax = 1000
    private static let pollTimeout = Duration.milliseconds(500)
    private static let retryDelay = Duration.milliseconds(500)
    /// A look-up cannot be ended early, and the agent stops only after it; one that failed is tried again.
    private static let brokerTimeout = Duration.seconds(2)
    private static let upkeepInterval = Duration.seconds(1)
    private static let partitionCheckInterval = Duration.seconds(10)

    init(
        consumer: any PartitionReader, topic: String, queue: PurgeQueue, lastMessages: LastMessages,
        status: AgentStatusBoard,
        missedPurges: PurgeMode, replay: ReplayWindow, health: StoreHealth,
        clock: any AgentClock, logger: Logger, onOrder: @escaping @Sendable (AgentOrder) -> Void,
        onArrival: @escaping @Sendable () -> Void
    ) throws {
        self.onOrder = onOrder
        pause = try Poller(descriptors: [])
        self.consumer = consumer
        self.topic = topic
        self.queue = queue
        self.lastMessages = lastMessages
        self.status = status
        self.missedPurges = missedPurges
        self.replay = replay
        self.health = health
        self.clock = clock
        self.logger = logger
        self.onArrival = onArrival
    }

    /// What one run keeps between rounds; only its rounds look into it.
    struct Run {
        fileprivate var assigned: Set<Int32> = []
        /// What must come first of a partition if its topic is still the same.
        fileprivate var awaited: [Int32: MessageMark] = [:]
        fileprivate var isPaused = false
        fileprivate var committed: [Int32: Int64] = [:]
        fileprivate var lastUpkeep: ContinuousClock.Instant?
        fileprivate var lastPartitionCheck: ContinuousClock.Instant?
        fileprivate var unwritten: [ConsumerEvent] = []

        init() {}
    }

    /// Reads until the agent stops; blocks its thread.
    ///
    /// - Throws: `StoreFailure` when the queue cannot be written any more.
    func run() throws(StoreFailure) {
        var run = Run()
        defer { consumer.close() }
        while !status.isStopping {
            status.heartbeats.beat(.intake, now: clock.instant)
            do {
                try round(&run)
            } catch {
                try health.judge(error)
                problem("\(error)")
                pause.wait(timeout: Self.retryDelay)
            }
        }
        noteApplied()
        commit(&run)
    }

    /// One round: upkeep, a poll, and what it brought into the queue.
    ///
    /// - Throws: what keeps it from going on; the next round tries again what this one could not do.
    func round(_ run: inout Run) throws {
        try upkeep(&run)
        if run.unwritten.isEmpty {
            run.unwritten = consumer.poll(maxMessages: Self.batchMax, timeout: Self.pollTimeout)
        }
        try take(&run)
    }

    /// There are partitions that are not read yet: they are looked for at once.
    func lookForPartitions() {
        looksForPartitions.withLock { $0 = true }
        wake()
    }

    /// Makes ``run()`` notice at once that the agent stops.
    func wake() {
        consumer.wakeUp()
        pause.wake()
    }

    // MARK: What is read

    /// Puts what was polled into the queue.
    ///
    /// After a failure the same events are tried again: nothing polled is dropped.
    private func take(_ run: inout Run) throws {
        while let event = run.unwritten.first {
            switch event {
            case .message:
                let messages = run.unwritten.prefix { if case .message = $0 { true } else { false } }
                if let partition = stranger(in: messages, &run) {
                    try startAnew(partition, &run)
                    continue
                }
                let arrivals = messages.compactMap(arrival)
                try queue.enqueue(arrivals)
                try lastMessages.note(messages.compactMap(Self.message))
                obey(arrivals)
                run.unwritten.removeFirst(messages.count)
                status.set(intakeProblem: nil)
                onArrival()
                continue
            case .offsetOutOfRange(let partition, let offset):
                if run.awaited.removeValue(forKey: partition) != nil, let next = queue.nextOffset(partition) {
                    // Retention took the message that was to be compared; what comes next may still be there.
                    try consumer.seek(partition: partition, to: .offset(next))
                } else {
                    try consumer.seek(partition: partition, to: .offset(try startOver(partition, offset)))
                }
            case .error(let error): problem(error.description)
            case .endOfPartition(let partition, let offset):
                queue.reachedEnd(partition, at: offset)
                status.set(intakeProblem: nil)
                onArrival()
            }
            run.unwritten.removeFirst()
        }
    }

    /// A partition whose first message shows that its topic is another one than before; nil when there is none.
    private func stranger(in events: ArraySlice<ConsumerEvent>, _ run: inout Run) -> Int32? {
        guard !run.awaited.isEmpty else { return nil }
        for message in events.compactMap(Self.message) {
            guard let mark = run.awaited[message.partition] else { continue }
            if MessageMark(message) != mark { return message.partition }
            run.awaited[message.partition] = nil
        }
        return nil
    }

    /// Reads a partition of a topic that was made anew from its beginning, with a flush for what was missed.
    private func startAnew(_ partition: Int32, _ run: inout Run) throws {
        let next = queue.nextOffset(partition) ?? 0
        logger.error("the topic was made anew: another message stands where the last one was read")
        try consumer.seek(partition: partition, to: .offset(try startOver(partition, next)))
        run.awaited[partition] = nil
        run.unwritten.removeAll { event in
            switch event {
            case .message(let message): message.partition == partition
            case .endOfPartition(let ended, _), .offsetOutOfRange(let ended, _): ended == partition
            case .error: false
            }
        }
    }

    private static func message(_ event: ConsumerEvent) -> Message? {
        if case .message(let message) = event { message } else { nil }
    }

    /// What goes into the queue for a message, whether it is a purge or not.
    private func arrival(_ event: ConsumerEvent) -> PurgeQueue.Arrival? {
        guard let message = Self.message(event) else { return nil }
        let arrivedAt = PurgeEvent.spareArrival(stored: message.timestamp, now: clock.now)
        let queued = QueuedMessage(message, arrivedAt: arrivedAt)
        let content: PurgeQueue.Arrival.Content =
            switch Result(catching: { () throws(PurgeEventError) in try queued.understood() }) {
            case .success(.purge(let event)): .purge(event)
            case .success(.order(let order)): .order(order)
            case .failure(let error): .refused(error)
            }
        return PurgeQueue.Arrival(
            partition: message.partition, offset: message.offset, message: queued, content: content)
    }

    /// Hands orders on; one that was in Kafka before we were is about a state that is over.
    private func obey(_ arrivals: [PurgeQueue.Arrival]) {
        for arrival in arrivals {
            guard case .order(let order) = arrival.content else { continue }
            if !queue.isLate(QueueKey(partition: arrival.partition, epoch: 0, offset: arrival.offset)) {
                onOrder(order)
            }
        }
    }

    /// Purges between `offset` and what Kafka still has were missed: flushes all they could have named (promise P2).
    ///
    /// Returns the offset to read on from.
    @discardableResult
    private func startOver(_ partition: Int32, _ offset: Int64) throws -> Int64 {
        let range = try consumer.watermarks(partition: partition, timeout: Self.brokerTimeout)
        logger.error(
            "purges were missed: Kafka no longer has them; flushing all caches in their place",
            metadata: ["purge.partition": "\(partition)", "purge.offset": "\(offset)", "kafka.low": "\(range.low)"]
        )
        var generator = SystemRandomNumberGenerator()
        let flush = PurgeEvent(
            id: .random(using: &generator), zone: "*", scope: .all, selectors: Selectors(everything: true),
            mode: missedPurges, acceptedAt: clock.now, source: "edge-purge-agent",
            reason: "offsets \(max(0, offset)) to \(range.low) of partition \(partition) are no longer in Kafka"
        )
        try replay.forget(partition)
        let begin = try queue.restart(partition, at: range.low, flush: flush, highWatermark: range.high)
        try replay.note([begin], now: clock.instant)
        status.flushed()
        onArrival()
        return range.low
    }

    // MARK: Upkeep

    /// Assigns partitions, follows back-pressure, commits for the lag tools.
    private func upkeep(_ run: inout Run) throws {
        applyPressure(&run)
        let now = clock.instant
        let isAsked = looksForPartitions.withLock { isAsked in
            defer { isAsked = false }
            return isAsked
        }
        if isAsked || run.lastPartitionCheck.map({ $0.duration(to: now) >= Self.partitionCheckInterval }) ?? true {
            try assignNew(&run)
            run.lastPartitionCheck = run.assigned.isEmpty ? nil : now
        }
        if run.lastUpkeep.map({ $0.duration(to: now) >= Self.upkeepInterval }) ?? true {
            run.lastUpkeep = now
            commit(&run)
            noteApplied()
            var ends: [Int32: Int64] = [:]
            for partition in run.assigned { ends[partition] = consumer.cachedWatermarks(partition: partition)?.high }
            queue.observed(highWatermarks: ends)
        }
    }

    /// Assigns partitions that are not assigned yet: all of them at first, later ones as they are added.
    private func assignNew(_ run: inout Run) throws {
        guard let count = try consumer.partitionCount(timeout: Self.brokerTimeout), count > 0 else {
            problem("topic '\(topic)' does not exist yet; create it with 'edge-purge topics create'")
            return
        }
        let added = (0..<Int32(count)).filter { !run.assigned.contains($0) }
        guard !added.isEmpty else { return }
        var starts: [Int32: StartOffset] = [:]
        for partition in added {
            let range = try consumer.watermarks(partition: partition, timeout: Self.brokerTimeout)
            let stored = queue.nextOffset(partition)
            if let stored, stored < range.low || stored > range.high {
                try startOver(partition, stored)
            } else if stored == nil, range.low > 0, try queue.isUncertain() {
                // The database was lost, and with it how far this partition had been read: Kafka may have dropped what
                // was not applied.
                try startOver(partition, PurgeQueue.missed)
            }
            let start = queue.nextOffset(partition) ?? range.low
            try queue.assigned(partition, from: start, highWatermark: range.high)
            try replay.note(queue.positions(), now: clock.instant)
            if start == stored, start > range.low, let mark = try lastMessages.mark(partition, below: start) {
                run.awaited[partition] = mark
                starts[partition] = .offset(start - 1)
            } else {
                starts[partition] = .offset(start)
            }
        }
        try consumer.assign(starts)
        run.assigned.formUnion(added)
        if run.isPaused { consumer.pause(added) }
        logger.notice("reading purges", metadata: ["purge.topic": "\(topic)", "partitions": "\(run.assigned.count)"])
        onArrival()
    }

    /// Stops fetching while the queue is full; Kafka keeps the rest.
    private func applyPressure(_ run: inout Run) {
        let pressure = queue.pressure
        if !run.isPaused, pressure.isFull {
            consumer.pause(Array(run.assigned))
            run.isPaused = true
            logger.notice("the queue is full; intake pauses", metadata: ["queue.entries": "\(queue.count)"])
        } else if run.isPaused, pressure.hasRoom {
            consumer.resume(Array(run.assigned))
            run.isPaused = false
        }
    }

    /// Moves the beginning of a replay on.
    private func noteApplied() {
        do {
            try replay.note(queue.positions(), now: clock.instant)
        } catch {
            // Harmless: a replay only gets longer. A disk that takes nothing is told by whoever has to write to it.
            logger.debug("could not write the positions", metadata: ["error": "\(error)"])
        }
    }

    /// Commits applied offsets, only so that lag tools can see them.
    ///
    /// One commit at a time: one that hangs must not keep reading from going on.
    private func commit(_ run: inout Run) {
        guard !consumer.hasPendingCommits else { return }
        var applied: [Int32: Int64] = [:]
        for progress in queue.progress() where run.committed[progress.partition] != progress.applied {
            applied[progress.partition] = progress.applied
        }
        guard !applied.isEmpty else { return }
        do {
            try consumer.commit(applied)
            run.committed.merge(applied) { $1 }
        } catch {
            logger.debug("could not commit offsets", metadata: ["error": "\(error)"])
        }
    }

    private func problem(_ text: String) {
        status.counters.kafkaErrors.increment()
        if status.problem != text { logger.warning("Kafka: \(text)") }
        status.set(intakeProblem: text)
    }
}
