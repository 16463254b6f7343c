/// A walk over one cache, directory by directory, that finds where files and index differ.
///
/// Each step looks at one directory, so that the owner can follow the watcher in between. A step that failed is taken
/// again.
struct CacheScan {
    let cache: any CacheFileFormat
    private var waiting = [""]
    /// Directories whose index entries were compared with what is on disk.
    private var compared: Set<String> = []
    private var sweepFrom: [UInt8]?

    /// Index entries looked at in one step of the sweep.
    private static let sweepEntries = 8192

    /// The number of the cache.
    var number: UInt8 { cache.number }

    init(_ cache: any CacheFileFormat) {
        self.cache = cache
        sweepFrom = [cache.number]
    }

    /// Looks at the next directory.
    ///
    /// What is to be read (new, changed or gone) is given to `body`; returns false at the end.
    mutating func step(_ index: Index, _ body: (ObjectKey) -> Void) throws -> Bool {
        guard let directory = waiting.last else { return try sweep(index, body) }
        // Nothing is ticked off before it is done: a directory that could not be listed would be missing from the index
        // for good.
        let below = try compare(directory, index: index, body: body)
        waiting.removeLast()
        waiting += below.reversed()
        return true
    }

    /// Compares the files of a directory with the index entries that belong there; returns the directories in it.
    private mutating func compare(_ directory: String, index: Index, body: (ObjectKey) -> Void) throws -> [String] {
        guard let listing = try cache.list(directory) else { return [] }
        // Most directories above others hold nothing else, and reading all entries below them would be in vain; the
        // sweep has the rest.
        guard !listing.keys.isEmpty || listing.below.isEmpty else { return listing.below }
        var known = try index.entries(in: cache.keys(below: directory))
            .filter { cache.isPlace(of: $0.key, in: directory) }
        for key in listing.keys {
            if let entry = known.removeValue(forKey: key) {
                let generation = try cache.generation(key).map { $0 & StoredObject.generationMask }
                if generation == entry.generation { continue }
            }
            body(key)
        }
        for key in known.keys { body(key) }
        compared.insert(directory)
        return listing.below
    }

    /// Finds index entries of directories that are gone, or that hold only directories by now.
    private mutating func sweep(_ index: Index, _ body: (ObjectKey) -> Void) throws -> Bool {
        guard let from = sweepFrom else { return false }
        var last = (directory: "", isCompared: compared.contains(""))
        sweepFrom = try index.keys(cache: cache.number, from: from, limit: Self.sweepEntries) { key in
            // Neighbours are mostly of one directory.
            if !cache.isPlace(of: key, in: last.directory) {
                let directory = cache.directory(of: key)
                last = (directory, compared.contains(directory))
            }
            if !last.isCompared { body(key) }
        }
        return sweepFrom != nil
    }
}
