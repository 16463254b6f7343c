/// What a directory of a cache holds.
struct DirectoryListing: Sendable {
    /// Objects, in the order of their keys.
    var keys: [ObjectKey] = []
    /// Directories below it, relative to the cache's.
    var below: [String] = []
}
