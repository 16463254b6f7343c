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
    /// The watcher of the start; one that takes its place cannot be told to fail.
    let watcher: FaultyWatcher
    private let running = Mutex<Task<Void, any Error>?>(nil)

    /// - Parameters:
    ///   - highWatermark: offsets below it are old news; nil: what is in the queue is, nothing else.
    ///   - guardWindow: how long a purge guards; zero where a test stores again what it has purged.
    init(
        state: TemporaryDirectory, caches paths: [String], kind: WatcherKind = .inotify,
        highWatermark: Int64? = nil, clock: any AgentClock = TestClock(.runs), guardWindow: Duration = .seconds(60),
        accessLog: String? = nil, verifyInterval: Duration = .zero
    ) throws {
        database = try TestDatabase.open(state)
        index = Index(database: database, normalization: .cloudflare)
        queue = try PurgeQueue(database: database, entriesMax: 10_000)
        let next = queue.nextOffset(0) ?? 0
        try queue.assigned(0, from: next, highWatermark: highWatermark ?? next)
        board = AgentStatusBoard(indexed: try index.totals()) {}
        let sources = try paths.enumerated().map { number, path in
            try NginxCache.source(
                number: UInt8(number),
                configuration: CacheConfiguration(path: path, cacheKey: "$scheme://$host$request_uri$slice_range"),
                tagHeaders: .standard, normalization: .cloudflare)
        }
        let first = try FaultyWatcher(kind, roots: paths.prefix(1).map { $0 })
        let isUsed = OnceFlag()
        watcher = first
        caches = try CacheSet(sources) { path in
            path == paths.first && !isUsed.isSet() ? first : try FaultyWatcher(kind, roots: [path])
        }
        upkeep = Upkeep(clock: clock) { [poller = caches.poller] in poller.wake() }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let context = FilesContext(
            index: index, caches: caches, queue: queue, board: board, upkeep: upkeep,
            settings: FilesContext.Settings(
                guardWindow: guardWindow, clockSkewMax: .seconds(60), fileThreads: 2, accessLog: accessLog,
                missedPurges: .delete, replayWindow: .seconds(600), verifyInterval: verifyInterval),
            clock: clock, logger: logger)
        worker = WorkerThread(poller: caches.poller, board: board) { [queue, board] in
            PurgeWorker(
                queue: queue, targets: [try FilesTarget("nginx", context) { _ in CachePlan() }], board: board,
                health: StoreHealth(directory: state.path, reserveBytes: 0),
                settings: PurgeWorker.Settings(guardWindow: guardWindow, clockSkewMax: .seconds(60)), clock: clock,
                logger: logger, onRejection: {})
        }
    }

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

    static func event(tag: String, mode: PurgeMode = .delete, acceptedAt: Timestamp? = nil) throws -> PurgeEvent {
        event(Selectors(tags: [try CacheTag(validating: tag)]), mode: mode, acceptedAt: acceptedAt)
    }
}
