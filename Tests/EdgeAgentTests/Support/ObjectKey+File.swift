@testable import EdgeAgent

extension ObjectKey {
    /// The key of a file of nginx.
    static func file(cache: UInt8, name: CacheFileName, levels: DirectoryLevels) -> ObjectKey {
        FileLocation(cache: cache, name: name, levels: levels).key
    }
}
