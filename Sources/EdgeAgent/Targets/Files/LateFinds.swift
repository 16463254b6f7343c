import LinuxFiles
import Logging
import PurgeModel

/// Purges what should have been in the index already when it was found.
///
/// It may have missed any purge since it landed, so it is purged itself
/// (docs/decisions/0031-marks-are-looked-at-again.md).
/// For each cache the moment is kept until which all that had landed is in the index. What a walk finds that landed
/// before it was missed by a watcher, or is a deleted object that a 304 has brought back.
struct LateFinds {
    /// How it was found that there is something to read.
    enum Origin {
        /// A watcher reported it, or there is nothing to compare it with.
        case reported
        /// A walk found it: what landed before this moment is late (milliseconds since 1970).
        case walked(before: Int64)
        /// A comparison found that the index lacks this generation of it, though the watcher has been heard.
        case missed(generation: UInt64)
    }

    private let context: FilesContext
    /// The moment of each cache, in milliseconds since 1970.
    private var followed: [UInt8: Int64]
    /// What of it is on the disk.
    private var written: [UInt8: Int64]
    private var writtenAt: ContinuousClock.Instant
    /// Late finds that could not be marked, with their generations; they are in the index, and tried again.
    private var stuck: [ObjectKey: UInt64] = [:]
    private var backoff = Backoff()
    /// Whether there are more on the disk.
    private var hasMore = false
    /// Entries of `late/` that are to be put and deleted with the next change.
    private var unwritten: [ObjectKey: UInt64?] = [:]
    /// Objects that were deleted.
    private var deleted: [ObjectKey] = []
    /// Objects that were deleted already, not long ago: an agent that died since may have marked them.
    private var youngMarks: [FailedObject] = []

    /// The clock that the kernel stamps files with is behind by up to 10 ms, and a rename is reported only after the
    /// file is stamped.
    private static let margin: Int64 = 100
    /// From one write of the moments to the next.
    private static let writePause = Duration.seconds(1)
    /// Stuck ones in memory, 40 bytes each; the others wait on the disk for their turn.
    private static let stuckMax = 10_000

    init(_ context: FilesContext) throws {
        self.context = context
        followed = Dictionary(uniqueKeysWithValues: try context.database.meta.followed.all().map { ($0.key, $0.value) })
        written = followed
        writtenAt = context.now
        try takeUp()
    }

    private mutating func takeUp() throws {
        let keys = try context.database.meta.late.keys()
        for key in keys.prefix(Self.stuckMax) { stuck[key] = try context.database.meta.late.value(key) }
        hasMore = keys.count > Self.stuckMax
    }

    // MARK: Being told

    /// How something counts that a walk finds which begins now.
    func origin(in cache: UInt8) -> Origin { followed[cache].map { .walked(before: $0 - Self.margin) } ?? .reported }

    /// All that landed in a cache before a moment (milliseconds since 1970) is in the index.
    mutating func follow(_ cache: UInt8, until moment: Int64) { followed[cache] = moment }

    /// Another directory has the place of a cache: what it holds cannot be compared with what was known.
    mutating func forget(_ cache: UInt8) { followed[cache] = nil }

    /// The index was emptied: there is nothing to compare with.
    mutating func beginAnew() {
        followed = [:]
        written = [:]
    }

    /// Keeps the moments, at most once a second: after a crash what landed within the last second counts as new.
    mutating func put(into change: inout Change) {
        guard followed != written, writtenAt.duration(to: context.now) >= Self.writePause else { return }
        for (cache, moment) in followed { context.database.meta.followed.put(cache, moment, into: &change) }
        written = followed
        writtenAt = context.now
    }

    // MARK: Purging

    /// Purges what is late of what was read; returns what each place holds then.
    ///
    /// One that cannot be marked goes into the index, where purges find it, and is tried again.
    mutating func purge(
        _ found: some Sequence<(key: ObjectKey, origin: Origin)>, _ readings: [Result<Inspection, FileError>]
    ) throws -> [Result<Inspection, FileError>] {
        var results = readings
        var late: (count: Int, bytes: Int64, example: ObjectKey?) = (0, 0, nil)
        var problem: String?
        for (position, one) in found.enumerated() {
            if case .success(.deleted(let generation, let changed, _)) = readings[position], isYoung(changed) {
                youngMarks.append(FailedObject(key: one.key, generation: generation))
            }
            if case .reported = one.origin { continue }
            guard case .success(let inspection) = readings[position] else { continue }
            guard case .object(let object) = inspection, case .open(let cache) = context.caches.lookup(one.key.cache)
            else {
                if case .missed = one.origin { settle(one.key) }
                continue
            }
            do {
                guard try isLate(object, one.origin, cache) else {
                    if case .missed = one.origin { settle(one.key) }
                    continue
                }
                let outcome = try mark(object, cache)
                settle(one.key)
                if case .replaced = outcome { continue }
                if context.settings.missedPurges == .delete || outcome == .absent {
                    results[position] = .success(.nothing)
                }
                guard outcome == .purged else { continue }
                late = (late.count + 1, late.bytes + Int64(object.sizeKiB) * 1024, late.example ?? one.key)
                guard context.settings.missedPurges == .delete else { continue }
                deleted.append(one.key)
                context.space.deleted(CollectionOfOne((one.key, object.sizeKiB)))
            } catch let error as FileError {
                problem = "\(error)"
                let generation = object.generation & StoredObject.generationMask
                if stuck.count < Self.stuckMax { stuck[one.key] = generation } else { hasMore = true }
                unwritten[one.key] = .some(generation)
            }
        }
        if problem != nil { backoff.failed(context.now) }
        tell(late.count, late.bytes, late.example, problem)
        return results
    }

    /// Whether a 304 may yet undo a mark of this moment (milliseconds since 1970).
    private func isYoung(_ mark: Int64) -> Bool {
        context.clock.now.milliseconds - mark <= MarkKeeper.lastLook(context.settings).wholeMilliseconds
    }

    private func isLate(_ object: StoredObject, _ origin: Origin, _ cache: any CacheFileFormat) throws -> Bool {
        let generation = object.generation & StoredObject.generationMask
        switch origin {
        case .reported: return false
        case .missed(let missed): return missed == generation
        case .walked(let moment):
            var buffer: [UInt8] = []
            guard let facts = try cache.fillFacts(object.key, buffer: &buffer) else { return false }
            return facts.generation == generation && facts.changed < moment
        }
    }

    private func mark(_ object: StoredObject, _ cache: any CacheFileFormat) throws -> MarkOutcome {
        var buffer: [UInt8] = []
        return try cache.mark(
            object.key, date: object.date, mode: context.settings.missedPurges,
            now: context.clock.now.milliseconds / 1000, buffer: &buffer
        ) { object.generation & StoredObject.generationMask }
    }

    private mutating func settle(_ key: ObjectKey) {
        stuck[key] = nil
        unwritten[key] = .some(nil)
    }

    /// Keeps which ones could not be marked; in the change that writes their index entries.
    mutating func note(into change: inout Change) {
        for (key, generation) in unwritten {
            if let generation {
                context.database.meta.late.put(key, generation, into: &change)
            } else {
                context.database.meta.late.delete(key, from: &change)
            }
        }
    }

    /// That change is written.
    mutating func noted() throws {
        unwritten = [:]
        if hasMore, stuck.isEmpty { try takeUp() }
    }

    /// Whether there is something for a change.
    var hasNotes: Bool { !unwritten.isEmpty }

    /// The objects that were deleted since the last call.
    mutating func takeDeleted() -> [ObjectKey] {
        defer { deleted = [] }
        return deleted
    }

    /// The objects that were found deleted since the last call, and whose marks are young.
    mutating func takeYoungMarks() -> [FailedObject] {
        defer { youngMarks = [] }
        return youngMarks
    }

    // MARK: Trying again

    /// Whether something that could not be marked is to be tried again now.
    func isDue(_ now: ContinuousClock.Instant) -> Bool { !stuck.isEmpty && backoff.isDue(now) }

    /// What is to be tried again, if it is time, in caches that are open.
    mutating func takeDue() -> [FailedObject] {
        guard isDue(context.now) else { return [] }
        backoff.failed(context.now)
        var due: [FailedObject] = []
        for (key, generation) in stuck {
            switch context.caches.lookup(key.cache) {
            case .open: due.append(FailedObject(key: key, generation: generation))
            case .closed: continue
            case .unknown: settle(key)
            }
        }
        return due
    }

    // MARK: Telling

    private mutating func tell(_ count: Int, _ bytes: Int64, _ example: ObjectKey?, _ problem: String?) {
        if count > 0 {
            context.board.foundLate(objects: count, bytes: bytes)
            let file = example.flatMap { context.caches.path(of: $0) } ?? ""
            context.logger.warning(
                "objects that the index had missed are purged, since they may have missed purges",
                metadata: ["objects": "\(count)", "file": "\(file)"])
        }
        let hasProblem = context.board.hasProblem(.lateFinds)
        if let problem {
            if !hasProblem {
                context.logger.error(
                    "an object that was found late cannot be purged; trying again",
                    metadata: ["problem": "\(problem)"])
            }
            context.board.set(problem: problem, of: .lateFinds)
        } else if hasProblem, stuck.isEmpty {
            backoff = Backoff()
            context.board.set(problem: nil, of: .lateFinds)
        }
    }
}
