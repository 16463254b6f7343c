/// Where a cache file of nginx is: what an ``ObjectKey`` means here.
package struct FileLocation: Hashable, Sendable {
    /// Which cache path, by the number it has in the index.
    package var cache: UInt8
    /// Its name.
    package var name: CacheFileName
    /// The directories above it.
    ///
    /// Part of the key because, after an operator changed them, two files of one name may be there: nginx leaves the
    /// old one where it is. Only one of them is ever served, and which one the agent cannot know.
    package var levels: DirectoryLevels

    package init(cache: UInt8, name: CacheFileName, levels: DirectoryLevels) {
        self.cache = cache
        self.name = name
        self.levels = levels
    }

    /// The place that a key means.
    init(_ key: ObjectKey) {
        cache = key.cache
        name = CacheFileName(high: key.high, low: key.low)
        levels = DirectoryLevels(rawValue: key.rest)
    }

    /// What everybody else calls it.
    package var key: ObjectKey { ObjectKey(cache: cache, high: name.high, low: name.low, rest: levels.rawValue) }

    /// The path below the cache directory, for example `c/29/b7f54b2df7773722d382f4809d65029c`.
    var path: String { name.path(levels: levels) }
}
