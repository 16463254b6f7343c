import Logging
import PurgeModel

/// Purges everything in a cache: because an operator asked for it, or because it may have missed purges.
struct CacheFlusher {
    /// A flush on its way.
    private struct Active {
        let cache: UInt8
        var mode: PurgeMode
        /// Whether it stands for purges that were missed.
        var isRequired: Bool
        /// Who waits for it.
        var tasks: [Int] = []
        /// Where to go on in the index; nil: at its beginning.
        var cursor: [UInt8]?
        /// Whether everything has been gone through, and only what failed is tried again.
        var isThrough = false
        /// Objects that are tried again.
        var again: [FailedObject] = []
        /// Objects that could not be changed.
        var failed: [FailedObject] = []
        /// Why the last file could not be changed.
        var problem: String?
        var removed = 0
        var bytes: Int64 = 0
        var backoff = Backoff()

        /// Everything is gone through anew.
        mutating func beginAnew() {
            (cursor, isThrough, again, failed, problem) = (nil, false, [], [], nil)
        }
    }

    private let context: FilesContext
    private let marker: ObjectMarker
    private var active: [Active] = []
    /// Flushes that are done, and may not be on the disk yet.
    private var done: [(cache: UInt8, at: ContinuousClock.Instant)] = []

    /// Objects flushed in one round.
    private static let flushObjects = 1024
    /// Failed objects remembered, 40 bytes each; with more of them everything is gone through again.
    private static let failedMax = 65_536

    init(_ context: FilesContext, _ marker: ObjectMarker) {
        self.context = context
        self.marker = marker
    }

    /// Whether a cache holds what may have missed purges.
    func isRequired(_ cache: UInt8) -> Bool { active.contains { $0.cache == cache && $0.isRequired } }

    /// Whether there is something to do now.
    func hasWork(_ now: ContinuousClock.Instant, mayGo: (UInt8) -> Bool) -> Bool {
        active.contains { $0.backoff.isDue(now) && mayGo($0.cache) }
    }

    /// Takes up what is kept and not done.
    mutating func takeUp() throws {
        let known = Set(active.map(\.cache))
        for (cache, flush) in try context.database.meta.flushes.all() {
            if flush.isDone {
                if !done.contains(where: { $0.cache == cache }) { done.append((cache, context.now)) }
            } else if !known.contains(cache) {
                active.append(Active(cache: cache, mode: flush.mode, isRequired: !flush.isAskedFor))
            }
        }
    }

    /// Only these caches are looked after from now on; what was to be flushed in others is kept until they are again.
    mutating func keep(_ caches: [UInt8]) {
        let dropped = active.filter { !caches.contains($0.cache) }
        active.removeAll { !caches.contains($0.cache) }
        for flush in dropped { finish(flush.tasks) }
        if active.allSatisfy({ $0.failed.isEmpty && $0.again.isEmpty }) { tell(nil) }
    }

    /// Begins a flush, which is kept from now on.
    ///
    /// One that is on its way in the same cache becomes a part of it.
    ///
    /// - Parameter task: who waits for it; nil: it stands for purges that were missed.
    mutating func begin(_ caches: [UInt8], mode: PurgeMode, task: Int?) throws {
        var next: [Active] = []
        for cache in caches {
            var flush = Active(cache: cache, mode: mode, isRequired: task == nil, tasks: task.map { [$0] } ?? [])
            if let old = active.first(where: { $0.cache == cache }) {
                flush.isRequired = flush.isRequired || old.isRequired
                flush.tasks += old.tasks
                if old.mode == .delete { flush.mode = .delete }
                flush.removed = old.removed
                flush.bytes = old.bytes
            }
            next.append(flush)
        }
        try context.database.write { change in
            for flush in next {
                context.database.meta.flushes.put(
                    flush.cache, CacheFlush(mode: flush.mode, isAskedFor: !flush.isRequired), into: &change)
            }
        }
        active.removeAll { caches.contains($0.cache) }
        done.removeAll { caches.contains($0.cache) }
        active += next
    }

    /// The index was emptied: it is gone through from the beginning.
    mutating func beginAnew() { for position in active.indices { active[position].beginAnew() } }

    /// Flushes the next piece.
    ///
    /// - Parameters:
    ///   - required: whether of a cache that may have missed purges, or of one that an operator has flushed.
    ///   - mayGo: whether a cache may be flushed now; not before everything in it is known.
    mutating func step(
        _ commit: inout IndexCommit, _ marks: inout MarkKeeper, required: Bool, mayGo: (UInt8) -> Bool
    ) throws {
        try forget()
        let due = active.firstIndex { $0.isRequired == required && $0.backoff.isDue(context.now) && mayGo($0.cache) }
        guard let position = due else { return }
        var flush = active[position]
        let before = flush.removed
        let goesOn = try slice(&flush, &commit, &marks)
        active[position] = flush
        // Of all caches that the task names.
        for task in flush.tasks { context.upkeep.update(task) { $0.handled += flush.removed - before } }
        guard !goesOn else { return }
        if let problem = flush.problem { return failed(problem, position) }
        active.remove(at: position)
        done.append((flush.cache, context.now))
        finished(flush)
    }

    /// Marks the next objects; returns whether there are more to be marked now.
    private func slice(
        _ flush: inout Active, _ commit: inout IndexCommit, _ marks: inout MarkKeeper
    ) throws -> Bool {
        let ids: [ObjectID]
        if flush.isThrough {
            let piece = flush.again.prefix(Self.flushObjects)
            ids = try piece.compactMap { object in
                guard let entry = try context.index.entry(object.key), entry.generation == object.generation else {
                    return nil
                }
                return entry.object
            }
            flush.again.removeFirst(piece.count)
        } else {
            var keys: [ObjectKey] = []
            flush.cursor = try context.index.keys(
                cache: flush.cache, from: flush.cursor ?? [flush.cache], limit: Self.flushObjects
            ) { keys.append($0) }
            ids = try keys.compactMap { try context.index.entry($0)?.object }
            flush.isThrough = flush.cursor == nil
        }
        let removed = try mark(try context.index.records(ids), &flush, &marks)
        let goesOn = !flush.isThrough || !flush.again.isEmpty
        let isDone = !goesOn && flush.problem == nil
        try commit.write { commit, change in
            commit.remove(removed, from: &change)
            guard isDone else { return }
            let kept = CacheFlush(mode: flush.mode, isDone: true, isAskedFor: !flush.isRequired)
            context.database.meta.flushes.put(flush.cache, kept, into: &change)
        }
        return goesOn
    }

    /// Marks objects; returns those that are to leave the index.
    private func mark(
        _ objects: [(id: ObjectID, record: ObjectRecord)], _ flush: inout Active, _ marks: inout MarkKeeper
    ) throws -> [ObjectID: ObjectRecord] {
        var removed: [ObjectID: ObjectRecord] = [:]
        let markings = try marker.mark(objects.map(\.record), flush.mode)
        if flush.mode == .delete { marks.note(zip(objects, markings).lazy.filter(\.1.isPurged).map(\.0.record.key)) }
        for (object, marking) in zip(objects, markings) {
            if marking.isPurged {
                flush.removed += 1
                flush.bytes += Int64(object.record.sizeKiB) * 1024
            }
            if marking.removes(flush.mode) { removed[object.id] = object.record }
            switch marking {
            case .done: continue
            case .failed(let error): flush.problem = "\(error)"
            case .closed: flush.problem = "the cache \(context.caches.path(flush.cache) ?? "") is not open"
            }
            if let entry = try context.index.entry(object.record.key) {
                flush.failed.append(FailedObject(key: object.record.key, generation: entry.generation))
            }
        }
        return removed
    }

    /// What failed is tried again by and by, and nothing else: what has come since then stays.
    private mutating func failed(_ problem: String, _ position: Int) {
        var flush = active[position]
        let failed = flush.failed
        flush.problem = nil
        flush.failed = []
        if failed.count > Self.failedMax { flush.beginAnew() } else { flush.again = failed }
        flush.backoff.failed(context.now)
        active[position] = flush
        tell(problem)
    }

    private func tell(_ problem: String?) {
        let isTold = context.board.hasProblem(.flushes)
        guard problem != nil || isTold else { return }
        if let problem, !isTold {
            context.logger.error(
                "a file cannot be flushed; trying again, and going on with the rest",
                metadata: ["problem": "\(problem)"])
        }
        context.board.set(problem: problem, of: .flushes)
    }

    private func finished(_ flush: Active) {
        if active.allSatisfy({ $0.again.isEmpty }) { tell(nil) }
        if flush.removed > 0 || !flush.tasks.isEmpty {
            context.board.flushed(objects: flush.removed, bytes: flush.bytes)
            context.logger.notice("a cache is flushed", metadata: ["objects": "\(flush.removed)"])
        }
        finish(flush.tasks)
    }

    private func finish(_ tasks: [Int]) {
        for task in tasks where !active.contains(where: { $0.tasks.contains(task) }) { context.upkeep.finish(task) }
    }

    /// Forgets flushes whose marks are on the disk by now.
    private mutating func forget() throws {
        while let first = done.first, first.at.duration(to: context.now) >= context.settings.replayWindow {
            try context.database.write { context.database.meta.flushes.delete(first.cache, from: &$0) }
            done.removeFirst()
        }
    }
}
