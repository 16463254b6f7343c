/// A cache key as a number, to find what the access log says about a file.
enum CacheKeyHash {
    static func of(_ key: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(key)
        return hasher.finalize()
    }
}
