import LinuxFiles
import Logging
import PurgeModel

/// Applies purges: takes them out of the queue, gives them to the targets, and takes each out for good when all targets
/// are done with it.
///
/// One thread does it, and it alone changes the index and the caches. That there is only one makes the order plain: a
/// purge is begun only after everything that happened before it was taken is known. It works at its own pace: one round
/// takes what has come, works off a bounded piece and writes once.
final class PurgeWorker {
    private let queue: PurgeQueue
    private let database: AgentDatabase
    private let targets: [any PurgeTarget]
    private let board: AgentStatusBoard
    private let health: StoreHealth
    private let settings: Settings
    private let clock: any AgentClock
    private let logger: Logger
    /// Called when a queued message turned out to be one for the dead-letter topic.
    private let onRejection: @Sendable () -> Void
    private var ledger = PurgeLedger()
    /// What keeps everything from going on; nil while nothing does.
    private var failure: String?
    /// The purge that has waited for longest because rounds had no room for it, and in how many.
    private var postponed: (key: QueueKey, rounds: Int)?

    /// Names that the purges begun in one round may guard, about, bytes of their messages, and the time that beginning
    /// them may take, about: a purge that comes meanwhile waits for all that is done with them.
    private static let roundNames = 6_000
    private static let roundBytes = 256 << 10
    private static let roundTime = Duration.milliseconds(5)
    /// A purge that had no room in so many rounds, because small ones came before it in each, is begun first.
    private static let postponedMax = 8
    /// Purges of an earlier run that are read between two looks at the time.
    private static let readAheadStep = 16
    /// Wait after a failure, before everything is tried again.
    private static let retryDelay = Duration.milliseconds(500)

    init(
        queue: PurgeQueue, targets: [any PurgeTarget], board: AgentStatusBoard, health: StoreHealth, settings: Settings,
        clock: any AgentClock, logger: Logger, onRejection: @escaping @Sendable () -> Void
    ) {
        self.queue = queue
        database = queue.database
        self.targets = targets
        self.board = board
        self.health = health
        self.settings = settings
        self.clock = clock
        self.logger = logger
        self.onRejection = onRejection
    }

    /// Works until the agent stops; blocks its thread.
    ///
    /// - Parameter poller: woken when there is work, and when it is time to stop.
    /// - Throws: `StoreFailure` when trying again cannot help before the database is opened anew.
    func run(_ poller: Poller) throws {
        try start()
        while !board.isStopping {
            board.heartbeats.beat(.worker, now: clock.instant)
            poller.wait(timeout: patience)
            try tryRound()
        }
        try stop()
    }

    /// Takes up what an earlier run left.
    func start() throws { for target in targets { try target.start() } }

    private func stop() throws {
        do {
            for target in targets { try target.stop() }
        } catch {
            try health.judge(error)
            logger.warning("not everything was kept at the end", metadata: ["error": "\(error)"])
        }
    }

    /// How long the next round may wait.
    var patience: Duration {
        if failure != nil { return Self.retryDelay }
        if queue.hasPurges, isReady, room > 0 { return .zero }
        if queue.standing?.unread(limit: 1).isEmpty == false { return .zero }
        return targets.map { $0.patience(clock.instant) }.min() ?? .seconds(1)
    }

    /// One round; what fails is shown and tried again, never skipped.
    ///
    /// - Throws: `StoreFailure`.
    func tryRound() throws {
        do {
            try round()
            recovered()
        } catch {
            try health.judge(error)
            failed("\(error)")
        }
    }

    private func round() throws {
        // What is done has to be written down: without room for it, nothing is begun.
        try database.checkSpace()
        let began = clock.instant
        while try queue.readAhead(limit: Self.readAheadStep), began.duration(to: clock.instant) < Self.roundTime {}
        // First the purges, then what happened: what was stored before a purge was taken is known when the purge is
        // begun.
        var taken = isReady ? queue.takePurges(room, shares: ledger.active, bytes: ledger.activeBytes) : []
        do {
            for target in targets { try target.catchUp(hasPurges: !taken.isEmpty) }
            if isReady { try begin(&taken) }
        } catch {
            queue.giveBack(taken)
            throw error
        }
        queue.giveBack(taken)
        try step()
        for target in targets { try target.keepUp(isIdle: ledger.activeCount == 0 && !queue.hasPurges) }
    }

    /// How many more purges may be begun.
    private var room: Int { PurgeJob.activeMax - ledger.activeCount }

    private var isReady: Bool { targets.allSatisfy(\.isReady) }

    // MARK: Purges

    /// Begins purges that were taken, and leaves those beyond what a round should begin.
    private func begin(_ taken: inout [PurgeQueue.Taken]) throws {
        var (names, bytes) = (0, 0)
        let began = clock.instant
        var begun = 0
        if let postponed, postponed.rounds >= Self.postponedMax,
            let lane = taken.first(where: { $0.key == postponed.key })?.lane,
            let place = taken.firstIndex(where: { $0.lane == lane })
        {
            // It, or what comes before it in its zone: the order there stays.
            taken.insert(taken.remove(at: place), at: 0)
        }
        defer {
            taken.removeFirst(begun)
            postpone(taken)
        }
        for one in taken {
            bytes += one.bytes
            let isShort =
                names < Self.roundNames && bytes <= Self.roundBytes
                && began.duration(to: clock.instant) < Self.roundTime
            guard isShort || begun == 0 else { break }
            if let job = try job(one) {
                names += job.event.selectors.keyCount + job.event.scope.patterns.count
                for target in targets { try target.begin(job) }
                let purge = PurgeLedger.Purge(
                    key: job.key, zone: job.event.zone, started: job.started, kind: PurgeKind(job.event),
                    pass: job.pass, bytes: one.bytes)
                ledger.add(purge, targets: targets.count, progress: job.progress)
            }
            begun += 1
        }
    }

    /// Takes note of what had no room in a round.
    private func postpone(_ left: [PurgeQueue.Taken]) {
        if let postponed, left.contains(where: { $0.key == postponed.key }) {
            self.postponed = (postponed.key, postponed.rounds + 1)
        } else {
            postponed = left.first.map { ($0.key, 1) }
        }
    }

    /// Reads a purge from the queue; nil if a restart of its partition has dropped it, or it is none.
    private func job(_ taken: PurgeQueue.Taken) throws -> PurgeJob? {
        let key = taken.key
        guard let event = try taken.event ?? decoded(key) else { return nil }
        let sparesNewer = queue.sparesNewer(key)
        if taken.event == nil { queue.standing?.add([.init(key: key, event: event, isLate: sparesNewer)]) }
        let newestDate = sparesNewer ? settings.newestDate(event.acceptedAt) : nil
        return PurgeJob(
            key: key, event: event, pass: taken.pass, newestDate: newestDate, started: taken.queued ?? clock.instant,
            progress: try queue.progress(key))
    }

    /// Reads a purge that is only on disk; what cannot be understood goes to the refused messages.
    private func decoded(_ key: QueueKey) throws -> PurgeEvent? {
        guard let message = try queue.message(key) else { return nil }
        switch Result(catching: { () throws(PurgeEventError) in try queue.event(message) }) {
        case .success(let event): return event
        case .failure(let error):
            try queue.refuse(key, message, error)
            onRejection()
            return nil
        }
    }

    /// Has every target work off a piece, and writes all that was done at once.
    private func step() throws {
        var change = Change()
        var keys: [QueueKey] = []
        for (number, target) in targets.enumerated() {
            for step in try target.step(into: &change) {
                // If the write fails the target says the same again.
                guard let progress = ledger.note(step, of: number) else { continue }
                keys.append(step.key)
                if !ledger.isOver(step.key) { queue.note(progress, of: step.key, into: &change) }
            }
        }
        for key in keys where ledger.isOver(key) { queue.complete(key, into: &change) }
        if !change.isEmpty || !keys.isEmpty { try database.write(change) }
        for target in targets { target.written() }
        hold(keys)
        tell(keys)
    }

    /// Has purges wait that were applied before the tier above has applied them.
    private func hold(_ keys: [QueueKey]) {
        let first = keys.filter { ledger.isDone($0) && !ledger.isOver($0) }
        guard !first.isEmpty else { return }
        queue.hold(
            first.compactMap { key in
                ledger.remove(key).map { purge in
                    PurgeQueue.Taken(key: key, bytes: purge.bytes, zone: purge.zone, queued: purge.started)
                }
            })
    }

    /// Takes purges that are done out of the queue, and tells of them.
    private func tell(_ keys: [QueueKey]) {
        let done = keys.filter(ledger.isOver)
        guard !done.isEmpty else { return }
        var told: [(purge: PurgeLedger.Purge, recent: RecentPurge)] = []
        for key in done {
            let progress = ledger.progress(key)
            let near = ledger.near(key)?.description
            guard let purge = ledger.remove(key) else { continue }
            let recent = RecentPurge(
                partition: key.partition, offset: key.offset, removed: progress.removed, bytes: progress.bytes,
                appliedAt: clock.now, took: purge.started.duration(to: clock.instant), near: near)
            told.append((purge, recent))
        }
        queue.completed(done) { counted in
            let finished = told.filter { counted.contains($0.purge.key) }
            board.applied(finished.map(\.recent))
            for one in finished { board.counters.applied(one.purge.kind, took: one.recent.took) }
        }
    }

    // MARK: Failing

    private func failed(_ problem: String) {
        if failure != problem {
            logger.error("cannot go on; trying again until it works", metadata: ["problem": "\(problem)"])
        }
        failure = problem
        board.set(problem: problem, of: .database)
    }

    private func recovered() {
        guard let failure else { return }
        logger.notice("working again", metadata: ["problem": "\(failure)"])
        self.failure = nil
        board.set(problem: nil, of: .database)
    }
}
