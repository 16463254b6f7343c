import LinuxFiles

/// A walk over one cache path, directory by directory, that finds where files and index differ.
///
/// Each step looks at one directory, so that the owner can follow the watcher in between. A step that failed is taken again.
struct CacheScan {
    let cache: NginxCache
    private var waiting = [""]
    /// Directories whose index entries were compared with what is on disk.
    private var compared: Set<String> = []
    private var sweepFrom: [UInt8]?

    /// Index entries looked at in one step of the sweep.
    private static let sweepEntries = 8192

    init(_ cache: NginxCache) {
        self.cache = cache
        sweepFrom = [cache.number]
    }

    /// Looks at the next directory.
    ///
    /// Files to be read (new, changed or gone) are given to `body`; returns false at the end.
    mutating func step(_ index: Index, _ body: (FileLocation) -> Void) throws -> Bool {
        guard let directory = waiting.last else { return try sweep(index, body) }
        // Nothing is ticked off before it is done: a directory that could not be listed would be missing from the index for good.
        let below = try compare(directory, index, body)
        waiting.removeLast()
        waiting += below
        return true
    }

    /// Compares the files of a directory with the index entries that belong there; returns the directories in it.
    private mutating func compare(
        _ directory: String, _ index: Index, _ body: (FileLocation) -> Void
    ) throws -> [String] {
        guard let levels = DirectoryLevels(directory: directory) else { return [] }
        let (names, below) = try list(directory, levels)
        // Most directories above others hold nothing else, and reading all entries below them would be in vain; the sweep has the rest.
        guard !names.isEmpty || below.isEmpty else { return below }
        var known = try index.entries(cache: cache.number, in: directory, levels: levels)
        for name in names {
            if let entry = known.removeValue(forKey: name) {
                let generation = try cache.generation(name, levels: levels).map { $0 & FileEntry.generationMask }
                if generation == entry.generation { continue }
            }
            body(FileLocation(cache: cache.number, name: name, levels: levels))
        }
        for name in known.keys { body(FileLocation(cache: cache.number, name: name, levels: levels)) }
        compared.insert(directory)
        return below
    }

    /// The cache files and the level directories in a directory; nothing where it is gone.
    ///
    /// nginx never removes its directories, but an operator may.
    private func list(
        _ directory: String, _ levels: DirectoryLevels
    ) throws -> (names: [CacheFileName], below: [String]) {
        var names: [CacheFileName] = []
        var below: [String] = []
        var odd: [String] = []
        do throws(FileError) {
            try cache.forEachEntry(in: directory) { name, isDirectory in
                if DirectoryLevels.isLevelName(name) {
                    let path = directory.isEmpty ? name : "\(directory)/\(name)"
                    if isDirectory { below.append(path) } else { odd.append(path) }
                } else if !isDirectory, let name = CacheFileName(name), name.belongs(in: directory, levels: levels) {
                    names.append(name)
                }
            }
        } catch {
            guard error.isAbsent, !directory.isEmpty else { throw error }
        }
        // In the order of the index, so that a first scan finds its files sorted.
        names.sort()
        below.sort { $0.utf8.reversed().lexicographicallyPrecedes($1.utf8.reversed()) }
        below.reverse()
        for path in odd where try cache.isLink(path) {
            // nginx follows it, the agent must not: it would change files outside the cache. What is there would never be purged.
            throw AgentError(
                "'\(cache.path)/\(path)' is a symbolic link, and links inside a cache are not followed: "
                    + "mount the directory there instead, or give it a proxy_cache_path of its own"
            )
        }
        return (names, below)
    }

    /// Finds index entries of directories that are gone, or that hold only directories by now.
    private mutating func sweep(_ index: Index, _ body: (FileLocation) -> Void) throws -> Bool {
        guard let from = sweepFrom else { return false }
        var last = (directory: "", levels: DirectoryLevels.none, isCompared: compared.contains(""))
        sweepFrom = try index.files(cache: cache.number, from: from, limit: Self.sweepEntries) { file in
            // Neighbours are mostly of one directory.
            if file.levels != last.levels || !file.name.belongs(in: last.directory, levels: last.levels) {
                let directory = file.name.directory(levels: file.levels)
                last = (directory, file.levels, compared.contains(directory))
            }
            if !last.isCompared { body(file) }
        }
        return sweepFrom != nil
    }
}
