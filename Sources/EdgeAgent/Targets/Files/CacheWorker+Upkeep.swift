import LinuxFiles
import Logging
import PurgeModel
import RocksDB

/// What the worker does besides purges: flushes, verification, rebuilding, other directories, another configuration.
extension CacheWorker {
    /// Objects flushed in one round.
    private static let flushObjects = 1024
    /// Between two steps of a verification that nobody waits for.
    private static let verifyPause = Duration.milliseconds(20)
    /// The first verification after a start comes no later, however long the interval.
    private static let firstVerification = Duration.seconds(3600)
    /// A directory that was made anew is noticed within this time, also while nothing happens in it.
    private static let tick = Duration.seconds(1)

    /// A flush on its way.
    struct ActiveFlush {
        var flush: CacheFlush
        var task: Int?
        var cursor: [UInt8]?
        var removed = 0
        var bytes: Int64 = 0
    }

    /// How long a round may wait for something to happen.
    func patience(_ run: Run) -> Duration {
        let hasWork =
            !run.scans.isEmpty || !run.unread.isEmpty || !run.active.isEmpty || !run.guards.again.isEmpty
            || (queue.hasPurges && !run.guards.fills.table.isFull)
            || !run.flushes.isEmpty || run.request != nil || upkeep.isWanted || run.verification?.task != nil
        if hasWork { return .zero }
        let pause = run.verification != nil ? Self.verifyPause : Self.tick
        return min(pause, run.guards.fills.pause(clock.instant) ?? pause)
    }

    /// Takes what was kept by an earlier run.
    func takeUp(_ run: inout Run) throws {
        let kept = try CacheFlush.all(index.database)
        let tasks = Dictionary(run.flushes.map { ($0.flush.cache, $0.task) }) { first, _ in first }
        run.flushes = kept.filter { !$0.isDone }.map { ActiveFlush(flush: $0, task: tasks[$0.cache] ?? nil) }
        run.flushed = kept.filter(\.isDone).map { ($0, clock.instant) }
    }

    /// Does a bounded piece of what was asked for, after the purges of a round.
    func keepUp(_ run: inout Run) throws {
        guard run.scans.isEmpty else { return }
        if run.request == nil { run.request = upkeep.take() }
        if let request = run.request, try handle(request, &run) { run.request = nil }
        guard run.scans.isEmpty else { return }
        if !run.flushes.isEmpty { try flushSlice(&run) }
        try forgetFlushes(&run)
        let now = clock.instant
        let due =
            run.verified.map { $0 + settings.verifyInterval }
            ?? run.began + min(settings.verifyInterval, Self.firstVerification)
        if settings.verifyInterval > .zero, run.verification == nil, now >= due {
            run.verification = Verification(caches, task: nil)
        }
        guard let verification = run.verification else { return }
        let isIdle = run.active.isEmpty && run.unread.isEmpty && !queue.hasPurges
        if isIdle || verification.task != nil { try verify(&run) }
    }

    /// Whether it is begun or done; false: not yet.
    private func handle(_ request: Upkeep.Request, _ run: inout Run) throws -> Bool {
        guard !request.needsQuiet || run.active.isEmpty else { return false }
        switch request {
        case .verify(let task):
            guard run.verification?.task == nil else { return false }
            run.verification = Verification(caches, task: task)
        case .rebuild(let task):
            var batch = WriteBatch()
            try Index.clear(index.database, into: &batch)
            try index.database.write(batch, sync: false)
            logger.notice("the index is made anew from the cache files")
            try beginAnew(&run)
            run.rebuilding = task
        case .flush(let task, let paths, let mode):
            let wanted = caches.filter { paths?.contains($0.path) ?? true }
            var batch = WriteBatch()
            for cache in wanted { CacheFlush(cache: cache.number, mode: mode).put(into: &batch, index.meta) }
            try index.database.write(batch, sync: false)
            logger.notice("flushing", metadata: ["caches": "\(wanted.map(\.path))", "mode": "\(mode.rawValue)"])
            run.flushes.removeAll { flush in wanted.contains { $0.number == flush.flush.cache } }
            run.flushes += wanted.map {
                ActiveFlush(flush: CacheFlush(cache: $0.number, mode: mode), task: task)
            }
            upkeep.update(task) { _ in }
            if wanted.isEmpty { upkeep.finish(task) }
        case .reload(let configuration): try reload(configuration, &run)
        }
        return true
    }

    // MARK: Other directories

    /// Goes on with the directories that have the caches' paths now.
    ///
    /// What another directory holds may have missed purges that were applied before it came, so it is flushed before anything is acknowledged.
    func takeOverDirectories(_ run: inout Run) throws {
        let old = caches
        let opened = try cacheSet.reopened()
        var batch = WriteBatch()
        for (old, new) in zip(old, opened.caches) where old.identity != new.identity {
            logger.warning(
                "the cache directory is another one now; looking through it, and flushing what it holds",
                metadata: ["path": "\(new.path)"]
            )
            CacheFlush(cache: new.number, mode: settings.missedPurges).put(into: &batch, index.meta)
        }
        try endLoad(&run)
        try index.database.write(batch, sync: false)
        cacheSet.use(opened)
        try takeUp(&run)
        beginScan(&run)
    }

    /// Takes over the caches of another configuration; where that can't be done, the old ones stay.
    private func reload(_ configuration: AgentConfiguration, _ run: inout Run) throws {
        let plan: CachePlan
        let opened: CacheSet.Opened
        do {
            plan = try planCaches(configuration)
            opened = try cacheSet.reopened(plan.caches)
        } catch {
            if let damage = StoreFailure(damage: error) { throw damage }
            logger.error("the new caches can't be used; going on with the old ones", metadata: ["error": "\(error)"])
            return
        }
        try endLoad(&run)
        try plan.write(to: index.database)
        cacheSet.use(opened)
        logger.notice("caches are reloaded", metadata: ["paths": "\(opened.caches.map(\.path))"])
        try takeUp(&run)
        if plan.isIndexStale { try beginAnew(&run) } else { beginScan(&run) }
    }

    /// Looks through all caches again.
    func beginScan(_ run: inout Run) {
        run.scans = caches.map { CacheScan($0) }
        restartVerification(&run)
        status.scanBegan()
    }

    /// Fills an index that was emptied.
    private func beginAnew(_ run: inout Run) throws {
        status.indexChanged(by: -status.indexed)
        run.found = []
        run.unread = []
        run.writer = try IndexWriter(index: index)
        run.loader = try IndexLoader(index: index)
        // An index that is filled anew is filled without looking at guards.
        run.guards.again += Set(try run.guards.store.keys()).subtracting(run.guards.again)
        beginScan(&run)
    }

    private func restartVerification(_ run: inout Run) {
        run.verification = run.verification.map { Verification(caches, task: $0.task) }
    }

    // MARK: Flushes

    /// Flushes what has to be gone before anything is acknowledged.
    func finishFlushes(_ run: inout Run) throws {
        while !run.flushes.isEmpty, !status.isStopping {
            status.heartbeats.beat(.worker, now: clock.instant)
            try flushSlice(&run)
        }
    }

    /// Marks the next objects of the first flush.
    private func flushSlice(_ run: inout Run) throws {
        guard var active = run.flushes.first else { return }
        let cache = active.flush.cache
        var files: [FileLocation] = []
        let next = try index.files(cache: cache, from: active.cursor ?? [cache], limit: Self.flushObjects) {
            files.append($0)
        }
        let ids = try files.compactMap { try index.entry($0)?.object }
        let objects = try index.records(ids)
        let outcomes = try purge(objects.map(\.record), active.flush.mode, &run.buffer)
        var removed: [ObjectID: ObjectRecord] = [:]
        for (object, outcome) in zip(objects, outcomes) {
            if outcome == .purged {
                active.removed += 1
                active.bytes += Int64(object.record.sizeKiB) * 1024
            }
            if outcome == .absent || (outcome == .purged && active.flush.mode == .delete) {
                removed[object.id] = object.record
            }
        }
        var batch = WriteBatch()
        let change = run.writer.remove(removed, from: &batch)
        if next == nil {
            active.flush.isDone = true
            active.flush.put(into: &batch, index.meta)
        }
        try write(&batch, change)
        active.cursor = next
        if let task = active.task { upkeep.update(task) { $0.handled += objects.count } }
        guard next == nil else {
            run.flushes[0] = active
            return
        }
        run.flushes.removeFirst()
        run.flushed.append((active.flush, clock.instant))
        if active.removed > 0 || active.task != nil {
            status.flushed(objects: active.removed, bytes: active.bytes)
            logger.notice("a cache is flushed", metadata: ["objects": "\(active.removed)"])
        }
        if let task = active.task, !run.flushes.contains(where: { $0.task == task }) { upkeep.finish(task) }
    }

    /// Forgets flushes whose marks are on the disk by now.
    private func forgetFlushes(_ run: inout Run) throws {
        let now = clock.instant
        while let (flush, done) = run.flushed.first, done.duration(to: now) >= settings.replayWindow {
            var batch = WriteBatch()
            flush.delete(from: &batch, index.meta)
            let isWanted = run.flushes.contains { $0.flush.cache == flush.cache }
            if !isWanted { try index.database.write(batch, sync: false) }
            run.flushed.removeFirst()
        }
    }
}
