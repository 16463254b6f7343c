import Logging
import PurgeModel

/// Purges everything in a cache: because an operator asked for it, or because it may have missed purges.
struct CacheFlusher {
    /// A flush on its way.
    private struct Active {
        let cache: UInt8
        let mode: PurgeMode
        /// Who waits for it; nil: it stands for purges that were missed.
        var task: Int?
        var cursor: [UInt8]?
        var removed = 0
        var bytes: Int64 = 0
        /// Why the last file could not be changed; then everything is gone through again.
        var problem: String?
        var backoff = Backoff()
    }

    private let context: FilesContext
    private let marker: ObjectMarker
    private var active: [Active] = []
    /// Flushes that are done, and may not be on the disk yet.
    private var done: [(cache: UInt8, at: ContinuousClock.Instant)] = []

    /// Objects flushed in one round.
    private static let flushObjects = 1024

    init(_ context: FilesContext, _ marker: ObjectMarker) {
        self.context = context
        self.marker = marker
    }

    /// Whether a cache holds what may have missed purges.
    func isRequired(_ cache: UInt8) -> Bool { active.contains { $0.cache == cache && $0.task == nil } }

    /// Whether there is something to do now.
    func hasWork(_ now: ContinuousClock.Instant) -> Bool { active.contains { $0.backoff.isDue(now) } }

    /// Takes up what is kept and not done.
    mutating func takeUp() throws {
        let known = Set(active.map(\.cache))
        for (cache, flush) in try context.database.meta.flushes.all() {
            if flush.isDone {
                if !done.contains(where: { $0.cache == cache }) { done.append((cache, context.now)) }
            } else if !known.contains(cache) {
                active.append(Active(cache: cache, mode: flush.mode))
            }
        }
    }

    /// Begins a flush, which is kept from now on.
    ///
    /// - Parameter task: who waits for it; nil: it stands for purges that were missed.
    mutating func begin(_ caches: [UInt8], mode: PurgeMode, task: Int?) throws {
        try context.database.write { change in
            for cache in caches { context.database.meta.flushes.put(cache, CacheFlush(mode: mode), into: &change) }
        }
        active.removeAll { caches.contains($0.cache) }
        done.removeAll { caches.contains($0.cache) }
        active += caches.map { Active(cache: $0, mode: mode, task: task) }
    }

    /// The index was emptied: it is gone through from the beginning.
    mutating func beginAnew() { for position in active.indices { active[position].cursor = nil } }

    /// Flushes the next piece.
    ///
    /// - Parameters:
    ///   - required: whether of a cache that may have missed purges, or of one that an operator has flushed.
    ///   - mayGo: whether a cache may be flushed now; not before everything in it is known.
    mutating func step(_ commit: inout IndexCommit, required: Bool, mayGo: (UInt8) -> Bool) throws {
        try forget()
        let due = active.firstIndex {
            ($0.task == nil) == required && $0.backoff.isDue(context.now) && mayGo($0.cache)
        }
        guard let position = due else { return }
        var flush = active[position]
        let next = try slice(&flush, &commit)
        flush.cursor = next
        active[position] = flush
        if let task = flush.task { context.upkeep.update(task) { $0.handled = flush.removed } }
        guard next == nil else { return }
        if let problem = flush.problem { return failed(problem, position) }
        active.remove(at: position)
        done.append((flush.cache, context.now))
        finished(flush)
    }

    /// Marks the next objects; returns where to go on, nil at the end.
    private func slice(_ flush: inout Active, _ commit: inout IndexCommit) throws -> [UInt8]? {
        var keys: [ObjectKey] = []
        let next = try context.index.keys(
            cache: flush.cache, from: flush.cursor ?? [flush.cache], limit: Self.flushObjects
        ) { keys.append($0) }
        let ids = try keys.compactMap { try context.index.entry($0)?.object }
        let objects = try context.index.records(ids)
        var removed: [ObjectID: ObjectRecord] = [:]
        for (object, marking) in zip(objects, try marker.mark(objects.map(\.record), flush.mode)) {
            if marking.isPurged {
                flush.removed += 1
                flush.bytes += Int64(object.record.sizeKiB) * 1024
            }
            if marking.removes(flush.mode) { removed[object.id] = object.record }
            if case .failed(let error) = marking { flush.problem = "\(error)" }
            if case .closed = marking {
                flush.problem = "the cache \(context.caches.path(flush.cache) ?? "") is not open"
            }
        }
        let isDone = next == nil && flush.problem == nil
        try commit.write { commit, change in
            commit.remove(removed, from: &change)
            guard isDone else { return }
            let kept = CacheFlush(mode: flush.mode, isDone: true)
            context.database.meta.flushes.put(flush.cache, kept, into: &change)
        }
        return next
    }

    private mutating func failed(_ problem: String, _ position: Int) {
        if !context.board.hasProblem(.flushes) {
            context.logger.error(
                "a file cannot be flushed; trying again, and going on with the rest",
                metadata: ["problem": "\(problem)"])
        }
        context.board.set(problem: problem, of: .flushes)
        active[position].problem = nil
        active[position].backoff.failed(context.now)
    }

    private func finished(_ flush: Active) {
        if context.board.hasProblem(.flushes) { context.board.set(problem: nil, of: .flushes) }
        if flush.removed > 0 || flush.task != nil {
            context.board.flushed(objects: flush.removed, bytes: flush.bytes)
            context.logger.notice("a cache is flushed", metadata: ["objects": "\(flush.removed)"])
        }
        if let task = flush.task, !active.contains(where: { $0.task == task }) { context.upkeep.finish(task) }
    }

    /// Forgets flushes whose marks are on the disk by now.
    private mutating func forget() throws {
        while let first = done.first, first.at.duration(to: context.now) >= context.settings.replayWindow {
            try context.database.write { context.database.meta.flushes.delete(first.cache, from: &$0) }
            done.removeFirst()
        }
    }
}
