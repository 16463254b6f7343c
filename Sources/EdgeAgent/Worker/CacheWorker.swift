import LinuxFiles
import Logging
import PurgeModel
import RocksDB

/// The one thread that changes the index and the cache files: it follows the watcher, looks through the caches, applies purges.
///
/// That there is only one makes the order plain: a purge is begun only after everything that the watcher saw before the purge was taken
/// has reached the index. It consumes at its own pace: one round takes what has come, works off a bounded piece and writes once.
final class CacheWorker: Sendable {
    private let index: Index
    private let queue: PurgeQueue
    private let caches: [NginxCache]
    private let watcher: any ChangeWatcher
    private let poller: Poller
    private let status: AgentStatusBoard
    private let settings: Settings
    private let clock: any AgentClock
    private let logger: Logger
    /// Called when a queued message turned out to be one for the dead-letter topic.
    private let onRejection: @Sendable () -> Void

    /// What the worker needs of the agent's configuration.
    struct Settings: Sendable {
        var guardWindow: Duration
        var clockSkewMax: Duration
        var fileThreads: Int
    }

    /// Purges worked on in turns; beyond it a small one would have to wait for a big one to end.
    private static let activeMax = 512
    /// Objects of one purge handled before the next gets its turn.
    private static let sliceObjects = 1024
    /// Objects of all purges handled in one round, about: that long a new purge waits.
    private static let roundObjects = 4096
    /// Directories compared with the index in one round; the watcher's queue may be short.
    private static let scanSteps = 16
    /// Files read before their index entries are written.
    private static let learnFiles = 2048
    /// Wait after a failure, before everything is tried again.
    private static let retryDelay = Duration.milliseconds(500)

    init(
        index: Index, queue: PurgeQueue, caches: [NginxCache], watcher: any ChangeWatcher, poller: Poller,
        status: AgentStatusBoard, settings: Settings, clock: any AgentClock, logger: Logger,
        onRejection: @escaping @Sendable () -> Void
    ) {
        self.onRejection = onRejection
        self.index = index
        self.queue = queue
        self.caches = caches
        self.watcher = watcher
        self.poller = poller
        self.status = status
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// What one run keeps between rounds.
    private struct Run {
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
        var failure: String?
    }

    /// Works until ``stop()``; blocks its thread.
    ///
    /// Failures of files or database are shown and tried again, never skipped.
    func run() throws {
        let loader = try IndexLoader(index: index)
        var run = Run(writer: try IndexWriter(index: index), scans: caches.map { CacheScan($0) }, loader: loader)
        status.scanBegan()
        while !status.isStopping {
            let hasWork = !run.scans.isEmpty || !run.unread.isEmpty || !run.active.isEmpty || queue.hasPurges
            poller.wait(timeout: run.failure != nil ? Self.retryDelay : hasWork ? .zero : nil)
            do {
                try round(&run)
                if run.failure != nil { recovered(&run) }
            } catch {
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
        // First the purges, then the watcher: what was stored before a purge was taken is in the index when the purge is begun.
        let scanning = !run.scans.isEmpty
        let taken = scanning ? [] : queue.takePurges(Self.activeMax - run.active.count)
        do {
            try follow(&run)
            try scan(&run)
            if run.loader == nil { try learn(&run, all: !taken.isEmpty || run.scans.isEmpty) }
            if run.scans.isEmpty { run.active += try taken.compactMap(begin) }
        } catch {
            queue.giveBack(taken)
            throw error
        }
        if run.scans.isEmpty { try apply(&run) } else { queue.giveBack(taken) }
    }

    // MARK: Learning what is cached

    /// Takes note of every file that changed; after an overflow everything is looked at again.
    private func follow(_ run: inout Run) throws {
        let outcome = try watcher.drain { change in
            guard let name = CacheFileName(change.name), let levels = DirectoryLevels(directory: change.directory),
                name.belongs(in: change.directory, levels: levels)
            else { return }
            run.unread.append(FileLocation(cache: caches[change.root].number, name: name, levels: levels))
        }
        if outcome == .overflowed {
            logger.warning(
                "the file watcher lost events; looking through all caches again before anything is acknowledged"
            )
            // The new scan compares with what the index has by then.
            try endLoad(&run)
            run.scans = caches.map { CacheScan($0) }
            status.scanBegan()
        }
    }

    /// Walks on through the caches, as far as a round should take.
    private func scan(_ run: inout Run) throws {
        var steps = 0
        let isLoading = run.loader != nil
        while !run.scans.isEmpty, (isLoading ? run.found : run.unread).count < Self.learnFiles, steps < Self.scanSteps {
            steps += 1
            let goesOn = try run.scans[0].step(index) { file in
                if isLoading { run.found.append(file) } else { run.unread.append(file) }
            }
            if !goesOn { run.scans.removeFirst() }
        }
        if isLoading { try load(&run) }
        guard run.scans.isEmpty, status.isScanning else { return }
        try endLoad(&run)
        try learn(&run, all: true)
        status.scanEnded()
        logger.notice("caches are indexed", metadata: ["objects": "\(status.counts.objectsIndexed)"])
    }

    /// Reads the files that a scan found and gives them to the loader.
    private func load(_ run: inout Run) throws {
        guard let loader = run.loader else { return }
        // What an earlier round could not write comes first.
        try loader.spill()
        guard run.found.count >= Self.learnFiles || run.scans.isEmpty else { return }
        let inspections = try inspect(run.found, &run.buffer)
        var loaded = 0
        defer { run.found.removeFirst(loaded) }
        for (file, inspection) in zip(run.found, inspections) {
            switch inspection {
            case .object(let object): try loader.put(object)
            case .nothing: break
            case .skipped(let reason): report(reason, file, &run)
            }
            loaded += 1
        }
    }

    /// Makes what was loaded part of the index; from then on changes are written one by one.
    private func endLoad(_ run: inout Run) throws {
        guard let loader = run.loader else { return }
        // Those found but not yet read are told apart from what is in the index like all others.
        run.unread += run.found
        run.found = []
        try loader.finish { AgentStatusBoard.putObjects(loader.count, into: &$0, index.meta) }
        status.objectsChanged(by: loader.count)
        run.loader = nil
        try run.writer.forgetUnwritten()
    }

    /// Reads the files that were noted and writes what they are to the index.
    private func learn(_ run: inout Run, all: Bool) throws {
        var learnt = 0
        defer { run.unread.removeFirst(learnt) }
        while learnt < run.unread.count, all || run.unread.count - learnt >= Self.learnFiles {
            var seen: Set<FileLocation> = []
            let piece = run.unread[learnt...].prefix(Self.learnFiles)
            let files = piece.filter { seen.insert($0).inserted }
            let inspections = try inspect(files, &run.buffer)
            do {
                try note(files, inspections, &run)
            } catch {
                // Numbers that were given out in vain must not be used again.
                try run.writer.forgetUnwritten()
                throw error
            }
            learnt += piece.count
        }
    }

    /// Writes what was read off files to the index.
    private func note(_ files: [FileLocation], _ inspections: [NginxCache.Inspection], _ run: inout Run) throws {
        var batch = WriteBatch()
        run.writer.beginBatch()
        var change = 0
        for (file, inspection) in zip(files, inspections) {
            switch inspection {
            case .object(let object): change += try run.writer.put(object, into: &batch)
            case .nothing: change += try run.writer.remove(file, from: &batch)
            case .skipped(let reason):
                change += try run.writer.remove(file, from: &batch)
                report(reason, file, &run)
            }
        }
        try write(&batch, objects: change)
    }

    /// Reads files, on several threads where there are many.
    private func inspect(_ files: [FileLocation], _ buffer: inout [UInt8]) throws -> [NginxCache.Inspection] {
        guard files.count >= 64 else {
            return try files.map { try inspect($0, &buffer) }
        }
        return try ParallelMap.map(files, threads: settings.fileThreads) { files in
            var buffer: [UInt8] = []
            return try files.map { try self.inspect($0, &buffer) }
        }
    }

    private func inspect(_ file: FileLocation, _ buffer: inout [UInt8]) throws -> NginxCache.Inspection {
        try cache(file)?.inspect(file.name, levels: file.levels, buffer: &buffer) ?? .nothing
    }

    /// The cache that a file is in; nil for a cache path that is no longer configured.
    private func cache(_ file: FileLocation) -> NginxCache? {
        caches.first { $0.number == file.cache }
    }

    /// Each reason is counted every time and logged once.
    private func report(_ reason: SkippedFile, _ file: FileLocation, _ run: inout Run) {
        status.skipped(reason)
        guard run.named.insert(reason.name).inserted, let cache = cache(file) else { return }
        logger.warning(
            "left a file alone: \(reason); further ones are only counted",
            metadata: ["file": "\(cache.path)/\(file.name.path(levels: file.levels))"]
        )
    }

    // MARK: Applying purges

    /// Reads a purge from the queue and finds where to look; nil if a restart of its partition has dropped it, or it is none.
    private func begin(_ taken: PurgeQueue.Taken) throws -> ActivePurge? {
        let key = taken.key
        guard let event = try taken.event ?? decoded(key) else { return nil }
        var newestDate: UInt32?
        if queue.isLate(key) {
            let newest = event.acceptedAt.advanced(by: settings.guardWindow + settings.clockSkewMax)
            newestDate = UInt32(clamping: newest.milliseconds / 1000)
        }
        return ActivePurge(
            key: key, event: event, ranges: try index.ranges(for: event.selectors, scope: event.scope),
            progress: try queue.progress(key), newestDate: newestDate,
            started: taken.queued ?? clock.instant
        )
    }

    /// Reads a purge that is only on disk; what can't be understood goes to the dead-letter topic.
    private func decoded(_ key: QueueKey) throws -> PurgeEvent? {
        guard let message = try queue.message(key) else { return nil }
        do throws(PurgeEventError) {
            return try message.decoded()
        } catch {
            queue.reject(key)
            onRejection()
            return nil
        }
    }

    /// Gives every purge being worked on one slice, then writes all that was done at once.
    ///
    /// A purge whose files can't be changed stays where it is, and the others go on; then its error is thrown.
    private func apply(_ run: inout Run) throws {
        guard !run.active.isEmpty else { return }
        var active = run.active
        var batch = WriteBatch()
        var removed: [ObjectID: ObjectRecord] = [:]
        var done: [ActivePurge] = []
        var failure: (any Error)?
        let limit = min(Self.sliceObjects, max(16, Self.roundObjects / active.count))
        for position in active.indices {
            do {
                var purge = active[position]
                try apply(&purge, limit, &removed, &batch, &run)
                active[position] = purge
            } catch {
                failure = failure ?? error
                continue
            }
            if active[position].isDone { done.append(active[position]) }
        }
        run.writer.remove(removed, from: &batch)
        try write(&batch, objects: -removed.count)
        run.active = active.filter { !$0.isDone }
        if !done.isEmpty {
            let counted = queue.completed(done.map(\.key))
            status.applied(done.filter { counted.contains($0.key) }.map(recent))
        }
        if let failure { throw failure }
    }

    /// Works one slice of a purge off.
    ///
    /// Nothing of it is in the batch when it fails.
    private func apply(
        _ purge: inout ActivePurge, _ limit: Int, _ removed: inout [ObjectID: ObjectRecord], _ batch: inout WriteBatch,
        _ run: inout Run
    ) throws {
        let mode = purge.event.mode
        let objects = try purge.nextObjects(index, limit: limit).filter { removed[$0.id] == nil }
        let outcomes = try self.purge(objects.map(\.record), mode, &run.buffer)
        for (object, outcome) in zip(objects, outcomes) {
            if outcome == .purged { purge.count(object.record) }
            if outcome == .absent || (outcome == .purged && mode == .delete) {
                removed[object.id] = object.record
            }
        }
        if purge.isDone {
            queue.complete(purge.key, into: &batch)
        } else {
            queue.note((purge.removed, purge.bytes), of: purge.key, into: &batch)
        }
    }

    private func recent(_ purge: ActivePurge) -> RecentPurge {
        RecentPurge(
            partition: purge.key.partition, offset: purge.key.offset, removed: purge.removed, bytes: purge.bytes,
            appliedAt: clock.now, took: purge.started.duration(to: clock.instant)
        )
    }

    /// Marks files deleted or stale, on several threads where there are many.
    private func purge(
        _ records: [ObjectRecord], _ mode: PurgeMode, _ buffer: inout [UInt8]
    ) throws -> [NginxCache.Outcome] {
        let now = clock.now.milliseconds / 1000
        let one = { @Sendable (record: ObjectRecord, buffer: inout [UInt8]) throws in
            try self.cache(record.file)?.purge(record, mode: mode, now: now, buffer: &buffer) {
                try self.index.entry(record.file)?.generation
            } ?? .absent
        }
        guard records.count >= 64 else { return try records.map { try one($0, &buffer) } }
        return try ParallelMap.map(records, threads: settings.fileThreads) { records in
            var buffer: [UInt8] = []
            return try records.map { try one($0, &buffer) }
        }
    }

    // MARK: Writing and failing

    private func write(_ batch: inout WriteBatch, objects change: Int) throws {
        // Written even when it looks empty: a batch that refused its entries, because the database is closed, looks like that too.
        AgentStatusBoard.putObjects(Int(status.counts.objectsIndexed) + change, into: &batch, index.meta)
        try index.database.write(batch, sync: false)
        status.objectsChanged(by: change)
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
