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
    let consumer: any PartitionReader
    let queue: PurgeQueue
    let status: AgentStatusBoard
    let missed: MissedPurges
    private let replay: ReplayWindow
    /// How far the clocks of machines may differ.
    let clockSkewMax: Duration
    private let health: StoreHealth
    let topic: String
    let clock: any AgentClock
    let logger: Logger
    /// Waits between tries.
    private let pause: Poller
    /// Called after new purges or rejected messages were queued.
    let onArrival: @Sendable () -> Void
    /// Called with each order to an agent that is news to the world.
    private let onOrder: @Sendable (AgentOrder) -> Void
    private let looksForPartitions = Mutex(false)

    /// Messages taken into the queue by one write.
    private static let batchMax = 1000
    private static let pollTimeout = Duration.milliseconds(500)
    private static let retryDelay = Duration.milliseconds(500)
    /// A look-up cannot be ended early, and the agent stops only after it; one that failed is tried again.
    static let brokerTimeout = Duration.seconds(2)
    /// The same while other partitions could be read.
    static let lookTimeout = Duration.seconds(1)
    private static let upkeepInterval = Duration.seconds(1)
    /// A broker forgets what a group committed when nothing has come for offsets.retention.minutes, a week by default.
    private static let fullCommitInterval = Duration.seconds(3600)
    /// A poll that ends so long after the one before says that the agent did not run for a while: a stopped process, a
    /// machine that was paused, a disk that took very long.
    private static let standstillMin = pollTimeout + .seconds(5)
    /// A purge in a partition that is new waits for as long; a look is one small request.
    private static let partitionCheckInterval = Duration.seconds(3)

    init(
        consumer: any PartitionReader, topic: String, queue: PurgeQueue, status: AgentStatusBoard,
        missedPurges: PurgeMode, replay: ReplayWindow, clockSkewMax: Duration, health: StoreHealth,
        clock: any AgentClock, logger: Logger, onOrder: @escaping @Sendable (AgentOrder) -> Void,
        onArrival: @escaping @Sendable () -> Void
    ) throws {
        self.onOrder = onOrder
        pause = try Poller(descriptors: [])
        self.consumer = consumer
        self.topic = topic
        self.queue = queue
        self.status = status
        missed = MissedPurges(
            queue: queue, replay: replay, status: status, mode: missedPurges, clock: clock, logger: logger)
        self.replay = replay
        self.clockSkewMax = clockSkewMax
        self.health = health
        self.clock = clock
        self.logger = logger
        self.onArrival = onArrival
    }

    /// What one run keeps between rounds; only its rounds look into it.
    struct Run {
        var checks = PartitionChecks()
        var problems = IntakeProblems()
        var log = OutageLog()
        var isPaused = false
        var committed: [Int32: Int64] = [:]
        /// When all offsets were committed, whether they had changed or not.
        var lastFullCommit: ContinuousClock.Instant?
        /// Where each partition ended when its end was reached last.
        var ends: [Int32: Int64] = [:]
        var lastUpkeep: ContinuousClock.Instant?
        var lastPartitionCheck: ContinuousClock.Instant?
        /// Looks in a row that have found fewer partitions than are read.
        var fewerLooks = 0
        var lastPoll: ContinuousClock.Instant?
        var clocks = ClockWatch()
        /// Whether the agent did not run for a while before the last poll.
        var hasStood = false
        var unwritten: [ConsumerEvent] = []

        init() {}
    }

    /// Reads until the agent stops; blocks its thread.
    ///
    /// - Throws: `StoreFailure` when the queue cannot be written any more; ``FewerPartitions``.
    func run() throws {
        var run = Run()
        defer { consumer.close() }
        while !status.isStopping {
            status.heartbeats.beat(.intake, now: clock.instant)
            do {
                try round(&run)
            } catch let gone as FewerPartitions {
                throw gone
            } catch {
                try health.judge(error)
                failed(error, &run)
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
        var failure: (any Error)?
        do { try upkeep(&run) } catch { failure = error }
        // Also when that failed: what the client has to say of it, such as a wrong password, comes by the same way.
        if run.unwritten.isEmpty { poll(&run, timeout: failure == nil ? Self.pollTimeout : .zero) }
        try take(&run)
        if let failure { throw failure }
    }

    private func poll(_ run: inout Run, timeout: Duration) {
        run.unwritten = consumer.poll(maxMessages: Self.batchMax, timeout: timeout)
        let now = clock.instant
        let stood = run.lastPoll.map { $0.duration(to: now) >= Self.standstillMin } ?? false
        run.lastPoll = now
        run.hasStood = stood
        if stood || run.unwritten.contains(where: Self.isAlarm) { alarm(&run) }
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
        if !run.unwritten.isEmpty { observe(run) }
        while let event = run.unwritten.first {
            switch event {
            case .message:
                try takeMessages(&run)
                continue
            case .endOfPartition(let partition, let offset):
                try reachedEnd(partition, offset, &run)
                continue
            case .offsetOutOfRange(let partition, _):
                queue.doubt([partition])
                run.checks.doubt(partition, offset: queue.nextOffset(partition) ?? 0, now: clock.instant)
            case .partitionCountChanged(let text):
                logger.notice("\(text)")
                run.lastPartitionCheck = nil
            case .commitFailed(let error):
                logger.debug("could not commit offsets", metadata: ["error": "\(error)"])
            case .error(let error): failed(error, &run)
            }
            run.unwritten.removeFirst()
        }
    }

    /// Takes the messages that stand first.
    private func takeMessages(_ run: inout Run) throws {
        let messages = run.unwritten.prefix { Self.message($0) != nil }
        for message in messages.compactMap(Self.message) {
            guard let mark = run.checks.comparing[message.partition] else { continue }
            if MessageMark(message) == mark { return try matched(mark, message.partition, &run) }
            return try startAnew(message.partition, &run)
        }
        let arrivals = messages.compactMap(arrival)
        try queue.enqueue(arrivals)
        compareClocks(messages.compactMap(Self.message), &run)
        obey(arrivals)
        run.unwritten.removeFirst(messages.count)
        for partition in Set(arrivals.map(\.partition)) { heard(partition, isEnd: false, &run) }
        onArrival()
    }

    /// Nothing below `offset` is to come of a partition.
    private func reachedEnd(_ partition: Int32, _ offset: Int64, _ run: inout Run) throws {
        if let mark = run.checks.comparing[partition], offset > mark.offset { return try startAnew(partition, &run) }
        run.unwritten.removeFirst()
        if let next = queue.nextOffset(partition), offset < next {
            queue.doubt([partition])
            return run.checks.doubt(partition, offset: next, now: clock.instant)
        }
        try queue.reachedEnd(partition, at: offset)
        run.ends[partition] = offset
        heard(partition, isEnd: true, &run)
        onArrival()
    }

    /// Something came of a partition, and it is the one that was read before.
    private func heard(_ partition: Int32, isEnd: Bool, _ run: inout Run) {
        guard run.checks.doubts[partition] == nil else { return }
        let isFirstEnd = run.checks.heard(partition, isEnd: isEnd, newest: queue.marks(partition).newest)
        if isFirstEnd { queue.reachedFirstEnd(partition) }
        // What is to be compared is uncertain until then.
        if !run.checks.due.contains(partition) { queue.trust(partition) }
        run.problems.wasRead()
        tell(&run)
    }

    static func message(_ event: ConsumerEvent) -> Message? {
        if case .message(let message) = event { message } else { nil }
    }

    /// What goes into the queue for a message, whether it is a purge or not.
    private func arrival(_ event: ConsumerEvent) -> PurgeQueue.Arrival? {
        guard let message = Self.message(event) else { return nil }
        var queued = QueuedMessage(message)
        let content: PurgeQueue.Arrival.Content
        switch Result(catching: { () throws(PurgeEventError) in try queued.understood() }) {
        case .success(.purge(let event)):
            queued.arrivedAt = event.spareArrival(stored: message.timestamp, now: clock.now)
            content = .purge(event.believed(arrivedAt: queued.arrivedAt))
        case .success(.order(let order)): content = .order(order)
        case .failure(let error): content = .refused(error)
        }
        return PurgeQueue.Arrival(
            partition: message.partition, offset: message.offset, message: queued, content: content,
            mark: MessageMark(message))
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

    // MARK: Upkeep

    /// Assigns partitions, follows back-pressure, commits for the lag tools.
    private func upkeep(_ run: inout Run) throws {
        applyPressure(&run)
        let now = clock.instant
        let isAsked = looksForPartitions.withLock { isAsked in
            defer { isAsked = false }
            return isAsked
        }
        try lookAtDoubts(&run)
        try compareDue(&run)
        if isAsked || run.lastPartitionCheck.map({ $0.duration(to: now) >= Self.partitionCheckInterval }) ?? true {
            try assignNew(&run)
            run.lastPartitionCheck = run.checks.assigned.isEmpty ? nil : now
        }
        if run.lastUpkeep.map({ $0.duration(to: now) >= Self.upkeepInterval }) ?? true {
            run.lastUpkeep = now
            commit(&run)
            noteApplied()
            observe(run)
            tellHeldBack(&run)
            tellClock(run)
        }
    }

    /// Assigns partitions that are not assigned yet: all of them at first, later ones as they are added.
    private func assignNew(_ run: inout Run) throws {
        guard let count = try consumer.partitionCount(timeout: Self.brokerTimeout), count > 0 else {
            let text = "topic '\(topic)' does not exist yet; create it with 'edge-purge topics create'"
            run.problems.set(text, of: .reading)
            if run.log.note(text, now: clock.instant) { logger.warning("\(text)") }
            return tell(&run)
        }
        run.problems.wereAnswered()
        try checkFewer(than: count, &run)
        tell(&run)
        let added = (0..<Int32(clamping: count)).filter { !run.checks.assigned.contains($0) }
        guard !added.isEmpty else { return }
        var starts: [Int32: StartOffset] = [:]
        var marks: [Int32: MessageMark] = [:]
        for partition in added {
            let range = try consumer.watermarks(partition: partition, timeout: Self.brokerTimeout)
            let stored = queue.nextOffset(partition)
            if let stored, stored < range.low {
                try missed.startOver(partition, from: stored, available: range)
            } else if stored == nil, range.low > 0, try queue.isUncertain() {
                // The database was lost, and with it how far this partition had been read: Kafka may have dropped what
                // was not applied.
                try missed.startOver(partition, from: PurgeQueue.missed, available: range)
            }
            let start = queue.nextOffset(partition) ?? range.low
            try queue.assigned(partition, from: start, highWatermark: range.high)
            try replay.note(queue.positions(), now: clock.instant)
            // One beyond the end is found out of range when it is read: see OffsetDoubt.
            if start <= range.high { marks[partition] = queue.marks(partition).newest(in: range.low..<start) }
            starts[partition] = .offset(marks[partition]?.offset ?? start)
        }
        queue.doubt(added)
        try consumer.assign(starts)
        for partition in added { run.checks.assign(partition, expecting: marks[partition]) }
        if run.isPaused { consumer.pause(added) }
        let total = run.checks.assigned.count
        logger.notice("reading purges", metadata: ["purge.topic": "\(topic)", "partitions": "\(total)"])
        onArrival()
    }

    /// Stops fetching while the queue is full; Kafka keeps the rest.
    private func applyPressure(_ run: inout Run) {
        let pressure = queue.pressure
        if !run.isPaused, pressure.isFull {
            consumer.pause(Array(run.checks.assigned))
            run.isPaused = true
            logger.notice("the queue is full; intake pauses", metadata: ["queue.entries": "\(queue.count)"])
        } else if run.isPaused, pressure.hasRoom {
            consumer.resume(Array(run.checks.assigned))
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
        let now = clock.instant
        if run.lastFullCommit.map({ $0.duration(to: now) >= Self.fullCommitInterval }) ?? true {
            run.lastFullCommit = now
            run.committed = [:]
        }
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

    // MARK: Telling

    /// Takes note of a failure that is tried again.
    func failed(_ error: any Error, _ run: inout Run) {
        status.counters.kafkaErrors.increment()
        var kind = "\(error)"
        if let error = error as? KafkaError {
            run.problems.add(error)
            kind = error.name
        } else {
            run.problems.set(kind, of: .reading)
        }
        if run.log.note(kind, now: clock.instant) { logger.warning("Kafka: \(error)") }
        tell(&run)
    }

    func tell(_ run: inout Run) {
        let text = run.problems.text
        status.set(intakeProblem: text)
        if text == nil, let outage = run.log.end(now: clock.instant) {
            logger.notice(
                "reading purges again",
                metadata: ["seconds": "\(outage.seconds)", "failures": "\(outage.failures)"])
        }
    }
}
