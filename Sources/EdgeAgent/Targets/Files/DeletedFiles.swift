import DequeModule

/// Deleted files whose bytes have not been given back: which ones, in the order in which they were deleted.
///
/// Bounded; of caches with more of them it is known that there are more.
struct DeletedFiles {
    /// A file that is to be emptied.
    struct File: Hashable {
        let key: ObjectKey
        /// What it takes on the disk, about.
        let bytes: Int64
        /// How often that failed.
        var failures = 0
    }

    private struct Entry {
        var file: File
        /// When it was deleted, in milliseconds on the owner's clock.
        let at: Int64
        /// Tells its place in the queue from earlier ones of the same key.
        let turn: UInt64
    }

    private var entries: [ObjectKey: Entry] = [:]
    /// For each cache, the oldest first; places whose entry is gone are passed over.
    private var queues: [UInt8: Deque<(key: ObjectKey, turn: UInt64)>] = [:]
    private var turns: UInt64 = 0
    private let countMax: Int
    /// The bytes of all of them.
    private(set) var bytes: Int64 = 0
    /// Caches with deleted files that are not remembered.
    private var overflowed: Set<UInt8> = []

    /// About 150 bytes each.
    static let countMax = 65_536

    init(countMax: Int = Self.countMax) { self.countMax = countMax }

    /// How many are remembered.
    var count: Int { entries.count }

    /// Takes note of a file that was deleted at a moment, or deleted again.
    mutating func add(_ file: File, at: Int64) {
        remove(file.key)
        guard entries.count < countMax else {
            overflowed.insert(file.key.cache)
            return
        }
        turns += 1
        entries[file.key] = Entry(file: file, at: at, turn: turns)
        bytes += file.bytes
        queues[file.key.cache, default: []].append((file.key, turns))
        tidy(file.key.cache)
    }

    /// There is nothing to give back of a file any more: it was stored again, or is gone.
    mutating func remove(_ key: ObjectKey) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        bytes -= entry.file.bytes
    }

    /// Takes out the oldest files of a cache that were deleted by a moment, at most so many.
    mutating func take(from cache: UInt8, until moment: Int64, limit: Int) -> [File] {
        var taken: [File] = []
        while taken.count < limit, let (key, turn) = queues[cache]?.first {
            if let entry = entries[key], entry.turn == turn {
                guard entry.at <= moment else { break }
                taken.append(entry.file)
                remove(key)
            }
            queues[cache]?.removeFirst()
        }
        return taken
    }

    /// Whether a cache has deleted files that are not remembered; asking forgets it.
    mutating func takeOverflow(_ cache: UInt8) -> Bool { overflowed.remove(cache) != nil }

    /// Only these caches are looked after from now on.
    mutating func keep(_ caches: Set<UInt8>) {
        // Nearly always.
        guard !caches.isSuperset(of: queues.keys) || !caches.isSuperset(of: overflowed) else { return }
        for cache in queues.keys where !caches.contains(cache) { queues[cache] = nil }
        for key in entries.keys where !caches.contains(key.cache) { remove(key) }
        overflowed.formIntersection(caches)
    }

    /// Drops places in the queue whose entry is gone, once they are most of it.
    private mutating func tidy(_ cache: UInt8) {
        guard let queue = queues[cache], queue.count > 2 * entries.count + 1024 else { return }
        queues[cache] = Deque(queue.lazy.filter { [entries] in entries[$0.key]?.turn == $0.turn })
    }
}
