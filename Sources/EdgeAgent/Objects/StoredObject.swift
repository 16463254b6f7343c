/// What was read off one cache file: everything a purge may name it by.
package struct StoredObject: Hashable, Sendable {
    /// Where the file is.
    package var file: FileLocation
    /// Tells this file from an earlier or later one of the same name.
    package var generation: UInt64
    /// nginx's clock, in seconds since 1970, when the origin's response header had been read.
    package var date: UInt32
    /// Size of the file in KiB, rounded up.
    package var sizeKiB: UInt32
    /// Hosts, labels reversed (`com.example.www`); one, or two where the cache key can be read in two ways.
    ///
    /// Empty where the key
    /// could not be taken apart: then only a purge of everything, in scope `*`, and a tag in scope `*` find the object.
    package var reversedHosts: [[UInt8]]
    /// Normalised path and query.
    package var target: [UInt8]
    /// Lower-cased tags, each once.
    package var tags: [[UInt8]]
    /// Whether other files of the same URL must go with it: a variant (`Vary`) or a slice.
    package var hasSiblings: Bool
}

/// Where a cache file is.
package struct FileLocation: Hashable, Sendable {
    /// Which cache path, by the number it has in the index.
    package var cache: UInt8
    /// Its name.
    package var name: CacheFileName
    /// The directories above it.
    package var levels: DirectoryLevels
}
