import LinuxFiles
import Logging
import PurgeModel
import Synchronization

/// Gives back the bytes of deleted files, on a thread of its own, so that no purge waits for the disk.
///
/// A purge only takes note of a file, and whoever reads a file tells what has become of it.
final class SpaceReclaimer: Sendable {
    /// What decides which files are emptied.
    struct Settings: Sendable {
        var mode = ReclaimMode.nginx
        /// With `low_disk`, a file system has little room while less than this share of it is free, in percent.
        var belowPercent = 10
        /// From the mark on: a page that visitors ask for is stored again within this time, which gives its bytes back
        /// by itself.
        var delay = Duration.seconds(1)
    }

    /// A walk through a cache that has more deleted files than are remembered.
    private struct Walk {
        var directories = [""]
        var keys: ArraySlice<ObjectKey> = []
    }

    /// What only the thread has.
    private struct Work {
        /// Caches with a file that could not be emptied.
        var failing: [UInt8: Backoff] = [:]
        var walks: [UInt8: Walk] = [:]
        var buffer: [UInt8] = []
    }

    private let caches: CacheSet
    private let board: AgentStatusBoard
    private let settings: Settings
    private let clock: any AgentClock
    private let logger: Logger
    private let space: @Sendable (String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64)
    private let origin: ContinuousClock.Instant
    private let pause: Poller
    private let files: Mutex<DeletedFiles>
    private let work = Mutex(Work())

    /// Files emptied in one piece, about 50 microseconds each, and from one piece to the next: so much of the disk's
    /// time is left to nginx and to purges, and a watcher's queue has room.
    private static let stepFiles = 64
    private static let stepPause = Duration.milliseconds(25)
    private static let idlePause = Duration.milliseconds(500)
    /// Then a file is given up: what is wrong with it alone is for nginx to deal with.
    private static let failuresMax = 5

    /// - Parameters:
    ///   - countMax: deleted files that are remembered.
    ///   - space: free and whole bytes of the file system of a path.
    init(
        _ caches: CacheSet, _ board: AgentStatusBoard, _ settings: Settings, clock: any AgentClock, logger: Logger,
        countMax: Int = DeletedFiles.countMax,
        space: @escaping @Sendable (String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64) = Volume.space
    ) throws {
        self.caches = caches
        self.board = board
        self.settings = settings
        self.clock = clock
        self.logger = logger
        self.space = space
        origin = clock.instant
        pause = try Poller(descriptors: [])
        files = Mutex(DeletedFiles(countMax: countMax))
        board.tellSpace { $0.mode = settings.mode.rawValue }
    }

    /// Whether there is anything to run.
    var isEnabled: Bool { settings.mode != .nginx }

    // MARK: Being told

    /// Files were deleted; those that take one block have nothing to give.
    func deleted(_ files: some Sequence<(key: ObjectKey, sizeKiB: UInt32)>) {
        guard isEnabled else { return }
        let elapsed = elapsed
        self.files.withLock { waiting in
            for file in files where file.sizeKiB > 4 {
                waiting.add(DeletedFiles.File(key: file.key, bytes: Int64(file.sizeKiB) * 1024), at: elapsed)
            }
        }
    }

    /// A place was looked at.
    func found(_ inspection: Inspection, at key: ObjectKey) {
        guard isEnabled else { return }
        let elapsed = elapsed
        files.withLock { files in
            if case .deleted(_, _, let bytes) = inspection, bytes > 0 {
                files.add(DeletedFiles.File(key: key, bytes: bytes), at: elapsed)
            } else {
                files.remove(key)
            }
        }
    }

    // MARK: Working

    /// Works until the agent stops; blocks its thread.
    func run() {
        while !board.isStopping { pause.wait(timeout: step() ? Self.stepPause : Self.idlePause) }
    }

    /// Makes ``run()`` notice at once that the agent stops.
    func wake() { pause.wake() }

    /// Empties a few files of each cache that has some; returns whether there were any.
    @discardableResult
    func step() -> Bool {
        work.withLock { work in
            var hasWorked = false
            let numbers = Set(caches.numbers)
            files.withLock { $0.keep(numbers) }
            for gone in work.failing.keys where !numbers.contains(gone) { recovered(gone, &work) }
            for cache in caches.formats where work.failing[cache.number]?.isDue(clock.instant) ?? true {
                do {
                    if try settings.mode == .now || isLow(cache), try step(cache, &work) { hasWorked = true }
                    recovered(cache.number, &work)
                } catch {
                    failed(cache, error, &work)
                }
            }
            let (count, bytes) = files.withLock { ($0.count, $0.bytes) }
            board.tellSpace { status in
                status.waitingFiles = count
                status.waitingBytes = bytes
            }
            return hasWorked
        }
    }

    private var elapsed: Int64 { origin.duration(to: clock.instant).wholeMilliseconds }

    /// Whether one of the file systems of a cache has little room.
    private func isLow(_ cache: any CacheFileFormat) throws -> Bool {
        for path in [cache.path] + cache.identity.mounts.keys.map({ "\(cache.path)/\($0)" }) {
            do throws(FileError) {
                let (free, total) = try space(path)
                if free < total / 100 * Int64(settings.belowPercent) { return true }
            } catch {
                // A directory that is away is told by whoever needs it.
                guard error.isAbsent else { throw error }
            }
        }
        return false
    }

    private func step(_ cache: any CacheFileFormat, _ work: inout Work) throws -> Bool {
        let moment = elapsed - settings.delay.wholeMilliseconds
        var taken = files.withLock { $0.take(from: cache.number, until: moment, limit: Self.stepFiles) }[...]
        guard !taken.isEmpty else { return try walk(cache, &work) }
        while let file = taken.popFirst() {
            do {
                try giveBack(file.key, cache, &work)
            } catch {
                putBack(file, taken)
                throw error
            }
        }
        return true
    }

    /// A file could not be emptied; the others of its piece wait with it.
    private func putBack(_ file: DeletedFiles.File, _ others: ArraySlice<DeletedFiles.File>) {
        var file = file
        file.failures += 1
        if file.failures >= Self.failuresMax { board.tellSpace { $0.givenUp += 1 } }
        // Deleted long enough ago.
        let at = elapsed - settings.delay.wholeMilliseconds
        files.withLock { files in
            for other in others { files.add(other, at: at) }
            if file.failures < Self.failuresMax { files.add(file, at: at) }
        }
    }

    /// Goes on through a cache that has more deleted files than are remembered.
    private func walk(_ cache: any CacheFileFormat, _ work: inout Work) throws -> Bool {
        let number = cache.number
        if work.walks[number] == nil, files.withLock({ $0.takeOverflow(number) }) { work.walks[number] = Walk() }
        guard var walk = work.walks[number] else { return false }
        if walk.keys.isEmpty {
            guard let directory = walk.directories.popLast() else {
                work.walks[number] = nil
                return false
            }
            let listing = try cache.list(directory)
            walk.directories += listing?.below ?? []
            walk.keys = listing?.keys[...] ?? []
        }
        let piece = walk.keys.prefix(Self.stepFiles)
        walk.keys.removeFirst(piece.count)
        // One that fails is passed over: the next walk meets it again.
        work.walks[number] = walk
        for key in piece { try giveBack(key, cache, &work) }
        return true
    }

    // MARK: Files

    private func giveBack(_ key: ObjectKey, _ cache: any CacheFileFormat, _ work: inout Work) throws {
        let bytes = try cache.giveBack(key, buffer: &work.buffer)
        guard bytes > 0 else { return }
        board.tellSpace { status in
            status.files += 1
            status.bytes += bytes
        }
    }

    // MARK: Telling

    private func failed(_ cache: any CacheFileFormat, _ error: any Error, _ work: inout Work) {
        if work.failing.isEmpty {
            logger.warning(
                "a deleted file cannot be emptied, and keeps its bytes; trying again",
                metadata: ["problem": "\(error)"])
        }
        work.failing[cache.number, default: Backoff()].failed(clock.instant)
        board.set(spaceProblem: "a deleted file cannot be emptied, and keeps its bytes (files.reclaim): \(error)")
    }

    private func recovered(_ cache: UInt8, _ work: inout Work) {
        guard work.failing.removeValue(forKey: cache) != nil, work.failing.isEmpty else { return }
        board.set(spaceProblem: nil)
    }
}
