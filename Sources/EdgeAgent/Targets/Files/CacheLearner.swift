import LinuxFiles
import Logging
import PrometheusText
import PurgeModel
import Threads

/// Learns what is cached: follows the watchers, looks through the caches, reads what has changed.
///
/// Each cache has its own state, and fails by itself: see ``isLearned(_:)``.
struct CacheLearner {
    /// How far one cache is known.
    private struct Known {
        /// The walk through it; nil once it is over.
        var scan: CacheScan?
        /// How what the walk finds counts.
        var found = LateFinds.Origin.reported
        /// When the watcher was last heard to the end while no walk was under way: milliseconds since 1970.
        var drained: Int64?
        /// What is to be read.
        var unread: [Unread] = []
        /// What could not be read; tried again when ``reading`` is due.
        var unreadable: [Unread] = []
        var reading = Backoff()
        /// The watcher, and the walk; both are tried again when they are due.
        var watching = Backoff()
        var scanning = Backoff()
    }

    /// What is to be read, and how it was found.
    private typealias Unread = (key: ObjectKey, origin: LateFinds.Origin)

    private let context: FilesContext
    private var known: [UInt8: Known] = [:]
    private var finds: LateFinds
    /// Fills an index that was empty; nil once it is filled.
    private var loader: IndexLoader?
    /// What a scan found while the index is being loaded; what watchers report waits in `unread` meanwhile.
    private var found: [Unread] = []
    private var tagLoss: TagLossWatch
    /// Reasons for leaving files alone that were logged.
    private var named: Set<String> = []

    /// Directories compared with the index in one round; the watchers' queues may be short.
    private static let scanSteps = 16
    /// Files read before their index entries are written.
    private static let learnFiles = 2048
    /// Unreadable files remembered of one cache; with more of them it is looked through again instead.
    private static let unreadableMax = 10_000

    init(_ context: FilesContext) throws {
        self.context = context
        tagLoss = TagLossWatch(context)
        loader = try IndexLoader(index: context.index)
        // After that: a load that was cut short is undone, and what was known with it.
        finds = try LateFinds(context)
    }

    // MARK: Asking

    /// Whether all that is in a cache is in the index.
    func isLearned(_ cache: UInt8) -> Bool {
        isListed(cache) && known[cache]?.unreadable.isEmpty == true
    }

    /// Whether all that can be read in a cache is in the index, but for files that cannot be read for now.
    func isListed(_ cache: UInt8) -> Bool {
        guard loader == nil, let known = known[cache] else { return false }
        return known.scan == nil && known.unread.isEmpty && known.watching.next == nil
    }

    /// Whether something of a cache cannot be learnt for now, and is tried again by and by.
    func hasFailed(_ cache: UInt8) -> Bool {
        guard let known = known[cache] else { return false }
        return known.watching.next != nil || known.scanning.next != nil || known.reading.next != nil
    }

    /// Whether the index is being filled.
    var isLoading: Bool { loader != nil }

    /// Whether there is something to do now.
    func hasWork(_ now: ContinuousClock.Instant) -> Bool {
        finds.isDue(now)
            || known.contains { number, known in
                guard case .open = context.caches.lookup(number) else { return false }
                return !known.unread.isEmpty || (known.scan != nil && known.scanning.isDue(now))
                    || (!known.unreadable.isEmpty && known.reading.isDue(now))
            }
    }

    // MARK: Being told

    /// A cache was opened: everything in it is looked at.
    ///
    /// - Parameter isOther: whether it is another directory than before, which is flushed as a whole.
    mutating func beginScan(_ cache: any CacheFileFormat, isOther: Bool = false) {
        if isOther { finds.forget(cache.number) }
        if known[cache.number] != nil { loader?.expectAgain() }
        // What could not be read is to be read whatever the index says of it.
        let unread = known[cache.number].map { $0.unread + $0.unreadable } ?? []
        known[cache.number] = Known(scan: CacheScan(cache), found: finds.origin(in: cache.number), unread: unread)
        tell(nil, of: .cache(cache.path))
        tell(nil, of: .unreadable(cache.path))
    }

    /// Something in a cache may not be known: everything in it is looked at again.
    mutating func lookThrough(_ cache: any CacheFileFormat) {
        loader?.expectAgain()
        known[cache.number, default: Known()].scan = CacheScan(cache)
    }

    /// These are to be read again, whatever the index says of them.
    mutating func read(_ keys: [ObjectKey]) { for key in keys { read(key, .reported) } }

    /// These were missed, and are to be purged if they are still the same.
    mutating func read(missed: [FailedObject]) {
        for object in missed { read(object.key, .missed(generation: object.generation)) }
    }

    private mutating func read(_ key: ObjectKey, _ origin: LateFinds.Origin) {
        if case .unknown = context.caches.lookup(key.cache) { return }
        known[key.cache, default: Known()].unread.append((key, origin))
    }

    /// Keeps, from time to time, until when everything was known.
    mutating func put(into change: inout Change) { finds.put(into: &change) }

    /// The objects that were deleted since the last call because they were found late.
    mutating func takeDeleted() -> [ObjectKey] { finds.takeDeleted() }

    /// The objects that were found deleted since the last call, and whose marks a 304 may yet undo.
    mutating func takeYoungMarks() -> [FailedObject] { finds.takeYoungMarks() }

    /// Only these caches are looked after from now on.
    mutating func keep(_ caches: [UInt8]) { known = known.filter { caches.contains($0.key) } }

    /// The index was emptied: everything is looked at again.
    mutating func beginAnew() throws {
        known = [:]
        found = []
        finds.beginAnew()
        loader = try IndexLoader(index: context.index)
        for cache in context.caches.formats { beginScan(cache) }
    }

    // MARK: Watching

    /// Takes note of everything that changed; after an overflow a cache is looked at again.
    ///
    /// - Returns: caches whose directory is no longer the one that was opened, those that are looked at again, and
    ///   those into which directories were moved.
    mutating func follow() -> (stale: [UInt8], overflowed: [UInt8], mixed: [UInt8]) {
        var (stale, overflowed, mixed): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        for cache in context.caches.formats {
            guard known[cache.number]?.watching.isDue(context.now) == true else { continue }
            var changed: [Unread] = []
            let now = context.clock.now.milliseconds
            do throws(FileError) {
                let outcome = try context.caches.drain(cache.number) { changed.append(($0, .reported)) }
                known[cache.number]?.unread += changed
                if known[cache.number]?.watching.next != nil {
                    known[cache.number]?.watching = Backoff()
                    tell(nil, of: .cache(cache.path))
                }
                if outcome == .overflowed {
                    overflowed.append(cache.number)
                    scanAgain(cache)
                }
                if outcome == .movedIn {
                    mixed.append(cache.number)
                    lookThrough(cache)
                }
                let isScanning = known[cache.number]?.scan != nil
                known[cache.number]?.drained = isScanning ? nil : now
            } catch {
                known[cache.number]?.drained = nil
                known[cache.number]?.unread += changed
                if error.isStale { stale.append(cache.number) } else { watchFailed(error, cache) }
            }
        }
        read(missed: finds.takeDue())
        return (stale, overflowed, mixed)
    }

    private mutating func scanAgain(_ cache: any CacheFileFormat) {
        context.board.counters.watcherOverflows.increment()
        context.logger.warning(
            "the file watcher lost events; looking through the cache again before anything is acknowledged",
            metadata: ["cache": "\(cache.path)"])
        loader?.expectAgain()
        known[cache.number]?.scan = CacheScan(cache)
        known[cache.number]?.found = finds.origin(in: cache.number)
    }

    private mutating func watchFailed(_ error: FileError, _ cache: any CacheFileFormat) {
        let now = context.now
        known[cache.number]?.watching.failed(now)
        tell("\(error)", of: .cache(cache.path))
    }

    // MARK: Scanning

    /// Walks on through the caches, as far as a round should take.
    mutating func scan(_ commit: inout IndexCommit) throws {
        var steps = 0
        for number in known.keys.sorted() {
            while steps < Self.scanSteps, try scanStep(number) { steps += 1 }
        }
        try load(&commit)
    }

    /// Takes one step through a cache; false when there is nothing to do for now.
    private mutating func scanStep(_ number: UInt8) throws -> Bool {
        guard known[number]?.scanning.isDue(context.now) == true else { return false }
        let waiting = loader != nil ? found.count : known[number]?.unread.count ?? 0
        // Taken out for the step: all that it remembers would be copied else.
        guard waiting < Self.learnFiles, var scan = known[number]?.scan.take() else { return false }
        var goesOn = true
        defer { known[number]?.scan = goesOn ? scan : nil }
        var changed: [Unread] = []
        let origin = known[number]?.found ?? .reported
        do {
            goesOn = try scan.step(context.index) { changed.append(($0, origin)) }
            if known[number]?.scanning.next != nil {
                known[number]?.scanning = Backoff()
                tell(nil, of: .cache(context.caches.path(number) ?? ""))
            }
        } catch let error as FileError {
            // Not ticked off: the next step looks at the same directory again.
            let now = context.now
            known[number]?.scanning.failed(now)
            tell("\(error)", of: .cache(context.caches.path(number) ?? error.path))
            return false
        }
        if loader != nil { found += changed } else { known[number]?.unread += changed }
        return true
    }

    /// Reads what scans found and gives it to the loader; makes it the index once the scans are over, or cannot go on.
    private mutating func load(_ commit: inout IndexCommit) throws {
        guard let loader else { return }
        // What an earlier round could not write comes first.
        try loader.spill()
        let isOver = known.values.allSatisfy { $0.scan == nil || $0.scanning.next != nil }
        guard found.count >= Self.learnFiles || isOver else { return }
        let readings = try finds.purge(found, try inspect(found.map(\.key)))
        if finds.hasNotes {
            try context.database.write { finds.note(into: &$0) }
            try finds.noted()
        }
        var loaded = 0
        defer { found.removeFirst(loaded) }
        for (unread, reading) in zip(found, readings) {
            switch reading {
            // Listed twice, or looked through again: what it is by now is compared with the index once that is there.
            case .success where try loader.has(unread.key): known[unread.key.cache]?.unread.append(unread)
            case .success(.object(let object)):
                try loader.put(object)
                tagLoss.read(object)
            case .success(.nothing), .success(.deleted): break
            case .success(.skipped(let reason)): report(reason, unread.key)
            case .failure(let error): unreadable(unread, error)
            }
            loaded += 1
        }
        if isOver, !known.isEmpty {
            try loader.finish()
            try commit.loaded(loader.totals)
            self.loader = nil
        }
    }

    // MARK: Reading

    /// Reads what was noted and writes what it is to the index.
    ///
    /// - Parameters:
    ///   - all: false: of a cache that is being looked through, only once it is enough for a write of its own.
    ///   - onStored: called with each object that was read, and the change that its index entry goes into.
    mutating func learn(
        all: Bool, _ commit: inout IndexCommit, onStored: (StoredObject, inout Change) -> Void
    ) throws {
        tagLoss.look()
        guard loader == nil else { return }
        for number in known.keys.sorted() {
            guard case .open = context.caches.lookup(number) else { continue }
            if known[number]?.unreadable.isEmpty == false, known[number]?.reading.isDue(context.now) == true {
                let again = known[number]?.unreadable ?? []
                known[number]?.unreadable = []
                known[number]?.unread += again
            }
            let all = all || known[number]?.scan == nil
            while let unread = known[number]?.unread, !unread.isEmpty, all || unread.count >= Self.learnFiles {
                let piece = unread.prefix(Self.learnFiles)
                var seen: Set<ObjectKey> = []
                let each = piece.filter { seen.insert($0.key).inserted }
                let readings = try finds.purge(each, try inspect(each.map(\.key)))
                try note(each, readings: readings, commit: &commit, onStored: onStored)
                known[number]?.unread.removeFirst(piece.count)
            }
            if isLearned(number), let drained = known[number]?.drained { finds.follow(number, until: drained) }
            if let known = known[number], known.unreadable.isEmpty, known.reading.next != nil {
                self.known[number]?.reading = Backoff()
                tell(nil, of: .unreadable(context.caches.path(number) ?? ""))
            }
        }
    }

    /// Writes what was read to the index.
    private mutating func note(
        _ each: [Unread], readings: [Result<Inspection, FileError>], commit: inout IndexCommit,
        onStored: (StoredObject, inout Change) -> Void
    ) throws {
        try commit.write { commit, change in
            for (unread, reading) in zip(each, readings) {
                switch reading {
                case .success(.object(let object)):
                    try commit.put(object, into: &change)
                    onStored(object, &change)
                case .success(.nothing), .success(.deleted), .success(.skipped):
                    try commit.remove(unread.key, from: &change)
                case .failure: break
                }
            }
            finds.note(into: &change)
        }
        try finds.noted()
        for (unread, reading) in zip(each, readings) {
            switch reading {
            case .success(.object(let object)): tagLoss.read(object)
            case .success(.nothing), .success(.deleted): break
            case .success(.skipped(let reason)): report(reason, unread.key)
            case .failure(let error): unreadable(unread, error)
            }
        }
    }

    /// Reads files, on several threads where there are many.
    private func inspect(_ keys: [ObjectKey]) throws -> [Result<Inspection, FileError>] {
        let context = context
        let one = { @Sendable (key: ObjectKey, buffer: inout [UInt8]) throws -> Result<Inspection, FileError> in
            guard case .open(let cache) = context.caches.lookup(key.cache) else { return .success(.nothing) }
            do {
                let inspection = try cache.inspect(key, buffer: &buffer)
                context.space.found(inspection, at: key)
                return .success(inspection)
            } catch let error as FileError {
                return .failure(error)
            }
        }
        guard keys.count >= 64 else {
            var buffer: [UInt8] = []
            return try keys.map { try one($0, &buffer) }
        }
        return try ParallelMap.map(keys, threads: context.settings.fileThreads) { keys in
            var buffer: [UInt8] = []
            return try keys.map { try one($0, &buffer) }
        }
    }

    // MARK: Telling

    /// What cannot be read may be anything: until it can, or is gone, the cache is not known.
    private mutating func unreadable(_ unread: Unread, _ error: FileError) {
        let key = unread.key
        let path = context.caches.path(key.cache) ?? ""
        if known[key.cache]?.unreadable.isEmpty == true {
            let now = context.now
            known[key.cache]?.reading.failed(now)
            tell("\(error)", of: .unreadable(path))
        }
        known[key.cache]?.unreadable.append(unread)
        guard let count = known[key.cache]?.unreadable.count, count > Self.unreadableMax,
            case .open(let cache) = context.caches.lookup(key.cache)
        else { return }
        known[key.cache]?.unreadable = []
        loader?.expectAgain()
        known[key.cache]?.scan = CacheScan(cache)
        known[key.cache]?.found = finds.origin(in: key.cache)
        let now = context.now
        known[key.cache]?.scanning.failed(now)
    }

    private func tell(_ problem: String?, of source: ProblemSource) {
        if let problem, !context.board.hasProblem(source) {
            context.logger.error(
                "something in a cache cannot be read; trying again, and purging the rest meanwhile",
                metadata: ["problem": "\(problem)"])
        }
        context.board.set(problem: problem, of: source)
    }

    /// Each reason is counted every time and logged once.
    private mutating func report(_ reason: SkippedFile, _ key: ObjectKey) {
        context.board.skipped(reason.name)
        guard named.insert(reason.name).inserted, let path = context.caches.path(of: key) else { return }
        context.logger.warning(
            "left a file alone: \(reason); further ones are only counted", metadata: ["file": "\(path)"])
    }
}
