import LinuxFiles
import Logging
import PurgeModel
import RocksDB

/// The one thread that changes the index and the cache files: it follows the watcher, looks through the caches, applies purges.
///
/// That there is only one makes the order plain: a purge is begun only after everything that the watcher saw before the purge was taken
/// has reached the index. It consumes at its own pace: one round takes what has come, works off a bounded piece and writes once.
final class CacheWorker: Sendable {
    let index: Index
    let queue: PurgeQueue
    let cacheSet: CacheSet
    let upkeep: Upkeep
    let status: AgentStatusBoard
    let settings: Settings
    let clock: any AgentClock
    let logger: Logger
    let health: StoreHealth
    /// Finds out what another configuration's caches need.
    let planCaches: @Sendable (AgentConfiguration) throws -> CachePlan
    /// Called when a queued message turned out to be one for the dead-letter topic.
    let onRejection: @Sendable () -> Void

    var caches: [NginxCache] { cacheSet.caches }
    var watcher: any ChangeWatcher { cacheSet.watcher }
    var poller: Poller { cacheSet.poller }

    /// What the worker needs of the agent's configuration.
    struct Settings: Sendable {
        var guardWindow: Duration
        var clockSkewMax: Duration
        var fileThreads: Int
        /// nginx's access log with the times of fetches; nil where there is none.
        var accessLog: String?
        /// What is done to a cache that may have missed purges.
        var missedPurges: PurgeMode
        var replayWindow: Duration
        /// From one comparison of index and disk to the next; zero: none.
        var verifyInterval: Duration
    }

    /// Purges worked on in turns; beyond it a small one would have to wait for a big one to end.
    static let activeMax = 512
    /// Wait after a failure, before everything is tried again.
    private static let retryDelay = Duration.milliseconds(500)

    init(
        index: Index, queue: PurgeQueue, caches: CacheSet, upkeep: Upkeep,
        status: AgentStatusBoard, settings: Settings, clock: any AgentClock, logger: Logger,
        health: StoreHealth,
        planCaches: @escaping @Sendable (AgentConfiguration) throws -> CachePlan,
        onRejection: @escaping @Sendable () -> Void
    ) {
        self.onRejection = onRejection
        self.index = index
        self.queue = queue
        cacheSet = caches
        self.upkeep = upkeep
        self.planCaches = planCaches
        self.status = status
        self.settings = settings
        self.clock = clock
        self.logger = logger
        self.health = health
    }

    /// What one run keeps between rounds.
    struct Run {
        var writer: IndexWriter
        var scans: [CacheScan]
        /// Fills an index that was empty; nil once it is filled.
        var loader: IndexLoader?
        /// Files that a scan found while the index is being loaded.
        ///
        /// Those that the watcher reports wait in `unread` meanwhile.
        var found: [FileLocation] = []
        var unread: [FileLocation] = []
        var active: [ActivePurge] = []
        var buffer: [UInt8] = []
        var named: Set<String> = []
        var guards: GuardRun
        var failure: String?
        var flushes: [ActiveFlush] = []
        /// Flushes that are done, and may not be on the disk yet.
        var flushed: [(flush: CacheFlush, done: ContinuousClock.Instant)] = []
        var request: Upkeep.Request?
        /// Who waits for the index to be made anew.
        var rebuilding: Int?
        var verification: Verification?
        let began: ContinuousClock.Instant
        var verified: ContinuousClock.Instant?
    }

    /// Works until ``stop()``; blocks its thread.
    ///
    /// Failures of files or database are shown and tried again, never skipped.
    ///
    /// - Throws: `StoreFailure` when trying again can't help before the database is opened anew.
    func run() throws {
        let loader = try IndexLoader(index: index)
        let guards = GuardRun(
            fills: FillGuard(), clock: WallClockReference(memory: settings.guardWindow, instant: clock.instant),
            log: settings.accessLog.map { AccessLogTail(path: $0) }, store: try GuardStore(database: index.database),
            lastWatch: clock.instant
        )
        var run = Run(
            writer: try IndexWriter(index: index), scans: caches.map { CacheScan($0) }, loader: loader, guards: guards,
            began: clock.instant
        )
        try takeUpGuards(&run)
        try takeUp(&run)
        status.scanBegan()
        while !status.isStopping {
            status.heartbeats.beat(.worker, now: clock.instant)
            poller.wait(timeout: run.failure != nil ? Self.retryDelay : patience(run))
            do {
                try round(&run)
                if run.failure != nil { recovered(&run) }
            } catch {
                try health.judge(error)
                failed("\(error)", &run)
            }
        }
    }

    /// Ends ``run()`` after the round it is in.
    func stop() {
        status.stop()
        poller.wake()
    }

    private func round(_ run: inout Run) throws {
        run.guards.clock.observe(clock.now, clock.instant)
        // What is done has to be written down: without room for it, nothing is begun.
        try index.database.checkSpace()
        // First the purges, then the watcher: what was stored before a purge was taken is in the index when the purge is begun.
        let scanning = !run.scans.isEmpty
        let isHeld = scanning || run.guards.fills.table.isFull || run.request?.needsQuiet == true
        var taken = isHeld ? [] : queue.takePurges(Self.activeMax - run.active.count)
        do {
            try follow(&run)
            try scan(&run)
            // A late fill must not wait for others to be read with it.
            let all = !taken.isEmpty || run.scans.isEmpty || !run.guards.fills.table.isEmpty
            if run.loader == nil { try learn(&run, all: all) }
            if run.scans.isEmpty {
                let begun = try begin(&taken, &run)
                run.active += begun
            }
        } catch {
            queue.giveBack(taken)
            throw error
        }
        let failure = guardFills(&run)
        if run.scans.isEmpty { try apply(&run) } else { queue.giveBack(taken) }
        try keepUp(&run)
        if let failure { throw failure }
    }

    // MARK: Writing and failing

    /// Writes a batch, with the totals of the index that are true from then on.
    func write(_ batch: inout WriteBatch, _ change: IndexTotals) throws {
        // Written even when it looks empty: a batch that refused its entries, because the database is closed, looks like that too.
        (status.indexed + change).put(into: &batch, index.meta)
        try index.database.write(batch, sync: false)
        status.indexChanged(by: change)
    }

    private func failed(_ problem: String, _ run: inout Run) {
        if run.failure != problem {
            logger.error("can't go on; trying again until it works", metadata: ["problem": "\(problem)"])
        }
        run.failure = problem
        status.set(problem: problem)
    }

    private func recovered(_ run: inout Run) {
        logger.notice("working again", metadata: ["problem": "\(run.failure ?? "")"])
        run.failure = nil
        status.set(problem: nil)
    }
}
