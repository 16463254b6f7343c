import Kafka
import LinuxFiles
import Logging
import PurgeModel
import Synchronization
import TestSupport
import Testing
import Threads

@testable import EdgeAgent

/// A cache worker with all that it needs, over real files, a real database and a real watcher.
final class WorkerFixture: Sendable {
    let database: AgentDatabase
    let index: Index
    let queue: PurgeQueue
    let board: AgentStatusBoard
    let worker: WorkerThread
    let upkeep: Upkeep
    let caches: CacheSet
    private let watchers: Watchers
    private let configuration: AgentConfiguration
    let context: FilesContext
    private let planner: CachePlanner
    private let running = Mutex<Task<Void, any Error>?>(nil)

    /// The watcher that was made last for each cache path.
    private final class Watchers: Sendable {
        private let watchers = Mutex<[String: FaultyWatcher]>([:])

        subscript(_ path: String) -> FaultyWatcher? {
            get { watchers.withLock { $0[path] } }
            set { watchers.withLock { $0[path] = newValue } }
        }
    }

    /// - Parameters:
    ///   - highWatermark: offsets below it are old news; nil: what is in the queue is, nothing else.
    ///   - guardWindow: how long a purge guards; zero where a test stores again what it has purged.
    ///   - marksMax: deleted objects that are looked at again one by one.
    ///   - reclaim: what becomes of the bytes of deleted files, of which `deletedMax` are remembered.
    ///   - above: the tier that the cache fills from; nil: the origin.
    ///   - space: how full the disk seems to be.
    ///   - asks: until when nginx asks; nil: it does not.
    init(
        state: TemporaryDirectory, caches paths: [String], kind: WatcherKind = .inotify,
        highWatermark: Int64? = nil, clock: any AgentClock = TestClock(.runs), guardWindow: Duration = .seconds(60),
        accessLog: String? = nil, verifyInterval: Duration = .zero, missedPurges: PurgeMode = .delete,
        marksMax: Int = MarkKeeper.countMax, cacheKeys: [String] = ["$scheme://$host$request_uri$slice_range"],
        asks span: AskConfiguration.Span? = nil, above: String? = nil, reclaim: ReclaimMode = .nginx,
        reclaimDelay: Duration = .zero,
        deletedMax: Int = DeletedFiles.countMax, space: FakeSpace = FakeSpace()
    ) throws {
        database = try TestDatabase.open(state)
        index = Index(database: database, normalization: .cloudflare)
        board = AgentStatusBoard(indexed: try index.totals()) {}
        configuration = Self.configuration(state, paths, cacheKeys)
        planner = CachePlanner(database) { number, cache, configuration in
            try NginxCache.source(
                number: number, configuration: cache, tagHeaders: configuration.tagHeaders,
                normalization: configuration.normalization)
        }
        let plan = try planner.plan(configuration)
        try database.write { [database] in plan.put(into: &$0, database.meta) }
        let watchers = Watchers()
        self.watchers = watchers
        let caches = try CacheSet(plan.sources) { source in
            let watcher = try FaultyWatcher(kind, roots: [source.path], filter: source.filter)
            watchers[source.path] = watcher
            return watcher
        }
        let standing = span.map { span in
            StandingPurges(
                marker: AskMarker(path: state.path + "/ask", isAsked: true), keepsGuards: span == .guard,
                fillsFromTier: above != nil,
                guardWindow: guardWindow, clockSkewMax: .seconds(60), clock: clock
            ) { URLForms(.cloudflare, caches.forms) }
        }
        queue = try PurgeQueue(
            database: database, entriesMax: 10_000, clock: clock, standing: standing,
            tier: TierConfiguration(name: above.map { _ in "edge" }, above: above))
        let next = queue.nextOffset(0) ?? 0
        try queue.assigned(0, from: next, highWatermark: highWatermark ?? next)
        self.caches = caches
        upkeep = Upkeep(clock: clock) { [poller = caches.poller] in poller.wake() }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let reclaimer = try SpaceReclaimer(
            caches, board, SpaceReclaimer.Settings(mode: reclaim, delay: reclaimDelay), clock: clock, logger: logger,
            countMax: deletedMax
        ) { _ in space.space }
        let context = FilesContext(
            index: index, caches: caches, queue: queue, board: board, space: reclaimer, upkeep: upkeep,
            settings: FilesContext.Settings(
                guardWindow: guardWindow, clockSkewMax: .seconds(60), fileThreads: 2, accessLog: accessLog,
                missedPurges: missedPurges, replayWindow: .seconds(600), verifyInterval: verifyInterval),
            clock: clock, logger: logger)
        self.context = context
        worker = WorkerThread(poller: caches.poller, board: board) { [queue, board, planner] in
            PurgeWorker(
                queue: queue, targets: [try Self.target(context, planner, marksMax)], board: board,
                health: StoreHealth(directory: state.path, reserveBytes: 0),
                settings: PurgeWorker.Settings(guardWindow: guardWindow, clockSkewMax: .seconds(60)), clock: clock,
                logger: logger, onRejection: {})
        }
    }

    private static func target(
        _ context: FilesContext, _ planner: CachePlanner, _ marksMax: Int = MarkKeeper.countMax
    ) throws -> FilesTarget {
        try FilesTarget("nginx", context, marksMax: marksMax) { try planner.plan($0) }
    }

    /// The target alone, for a test that makes its rounds itself and starts no worker.
    func target() throws -> FilesTarget { try Self.target(context, planner) }

    /// One round of such a target, up to what a worker does beside its purges.
    func round(_ target: FilesTarget) throws -> [PurgeStep] {
        try target.catchUp(hasPurges: true)
        var change = Change()
        let steps = try target.step(into: &change)
        try database.write(change)
        target.written()
        return steps
    }

    private static func configuration(
        _ state: TemporaryDirectory, _ paths: [String], _ cacheKeys: [String]
    ) -> AgentConfiguration {
        AgentConfiguration(
            agent: "a", stateDirectory: state.path, kafka: KafkaConfiguration(bootstrapServers: ""),
            caches: paths.map { CacheConfiguration(path: $0, cacheKeys: cacheKeys) })
    }

    /// What answers nginx's questions, where it asks.
    func judge(isFenced: @escaping @Sendable () -> Bool = { false }) throws -> AskJudge {
        AskJudge(
            try #require(queue.standing), caches: caches, index: index, clock: context.clock,
            hasLog: context.settings.accessLog != nil, isFenced: isFenced, isScanning: { [board] in board.isScanning })
    }

    // MARK: Faults and orders

    /// Takes objects out of the index behind the agent's back, as if nobody had ever reported their files.
    func forget(_ files: [String]) throws {
        var change = Change()
        for file in files {
            guard let name = CacheFileName(String(file.suffix(32))),
                let levels = DirectoryLevels(directory: "a/bc"),
                let entry = try index.entry(ObjectKey.file(cache: 0, name: name, levels: levels))
            else { throw NeverHappened(what: "\(file) is in the index") }
            for (id, record) in try index.records([entry.object]) {
                board.indexChanged(by: try IndexWriter(index: index).remove([id: record], from: &change))
            }
        }
        database.meta.totals.put(board.indexed, into: &change)
        try database.write(change)
    }

    /// Waits until it is kept that everything which has landed so far is in the index.
    func followsOn() async throws {
        let now = SystemClock().now.milliseconds
        try await eventually("it is kept how far the cache was followed") {
            try database.meta.followed.value(0).map { $0 > now + 500 } ?? false
        }
    }

    /// Tells the watcher of a cache, of the first unless said otherwise, to fail; one that takes its place does not.
    func set(_ fault: FaultyWatcher.Fault?, of path: String? = nil) {
        watchers[path ?? configuration.caches[0].path]?.set(fault)
    }

    /// Has it look after other caches, or after the same ones anew.
    func reload(_ paths: [String]) {
        var configuration = configuration
        configuration.caches = paths.map { path in
            CacheConfiguration(path: path, cacheKeys: configuration.caches[0].cacheKeys)
        }
        upkeep.reload(configuration)
    }

    /// Waits until a task has ended; returns it.
    @discardableResult
    func finished(_ task: UpkeepTask?) async throws -> UpkeepTask {
        let task = try #require(task)
        try await eventually("\(task.kind) ends; \(board.problem ?? "no problem")") {
            upkeep.task(task.id)?.state == .done
        }
        return try #require(upkeep.task(task.id))
    }

    // MARK: Running

    /// Starts the worker on its thread.
    func start() {
        running.withLock {
            $0 = Task { [worker] in try await DedicatedThread.run(name: "worker") { try worker.run() } }
        }
    }

    /// Starts the worker and waits until it knows all files.
    func startAndScan() async throws {
        start()
        try await eventually("the scan ends; \(board.problem ?? "no problem")") { !board.isScanning }
    }

    /// Ends the worker after the round it is in, and closes everything.
    func stop() async throws {
        worker.stop()
        let task = running.withLock { $0 }
        try await task?.value
        caches.close()
        database.close()
    }

    /// Puts purges into the queue; returns the offset of the first.
    @discardableResult
    func enqueue(_ events: [PurgeEvent], from offset: Int64? = nil) throws -> Int64 {
        let first = offset ?? queue.nextOffset(0) ?? 0
        try queue.enqueue(
            events.enumerated().map { PurgeQueue.Arrival.purge(0, first + Int64($0.offset), $0.element) })
        caches.poller.wake()
        return first
    }

    /// Puts purges into the queue and waits until they are applied; returns what is told of them, in the order of
    /// completion.
    @discardableResult
    func apply(_ events: [PurgeEvent], from offset: Int64? = nil) async throws -> [RecentPurge] {
        let first = try enqueue(events, from: offset)
        let offsets = first..<first + Int64(events.count)
        try await eventually("purges \(offsets) are told") {
            board.summary.recent.count { offsets.contains($0.offset) } == events.count
        }
        check(offsets.allSatisfy(isApplied), "purges \(offsets) are told, but not applied")
        return board.summary.recent.filter { offsets.contains($0.offset) }
    }

    /// Whether a purge is told as applied.
    func isApplied(_ offset: Int64) -> Bool {
        queue.progress().first?.hasApplied(offset) == true
    }

    /// A purge that was accepted now, unless said otherwise.
    static func event(
        _ selectors: Selectors, scope: Scope = .all, mode: PurgeMode = .delete, acceptedAt: Timestamp? = nil
    ) -> PurgeEvent {
        var random = SeededGenerator()
        return PurgeEvent(
            id: .random(using: &random), zone: "z", scope: scope, selectors: selectors, mode: mode,
            acceptedAt: acceptedAt ?? SystemClock().now, source: "test")
    }

    static func event(url: String, mode: PurgeMode = .delete) throws -> PurgeEvent {
        event(Selectors(urls: [try PurgeURL(validating: url)]), scope: .none, mode: mode)
    }

    static func event(tag: String, mode: PurgeMode = .delete, acceptedAt: Timestamp? = nil) throws -> PurgeEvent {
        event(Selectors(tags: [try CacheTag(validating: tag)]), mode: mode, acceptedAt: acceptedAt)
    }
}
