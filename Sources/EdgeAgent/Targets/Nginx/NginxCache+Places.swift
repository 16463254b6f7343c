extension NginxCache {
    /// Under each of the levels that nginx takes: which one it is, its configuration says, and files stay where an
    /// earlier one had them.
    func places(of cacheKey: [UInt8]) -> [ObjectKey] {
        let name = CacheFileName(ofCacheKey: cacheKey)
        return DirectoryLevels.all.map { FileLocation(cache: number, name: name, levels: $0).key }
    }
}
