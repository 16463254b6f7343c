/// What a cache file tells about the fetch that it came from.
struct FillFacts: Hashable, Sendable {
    /// The cache key, as ``CacheKeyHash`` makes it a number.
    var key: Int
    /// Tells this file from an earlier or later one of the same name.
    var generation: UInt64
    /// When the file was made, in milliseconds since 1970: nginx had read the head of the response by then.
    ///
    /// 0: not known. Renaming keeps it, so a temporary file that was there when a purge came is known by it when it
    /// lands.
    var born: Int64
    /// When it was renamed into place, or its header renewed by a 304, in milliseconds since 1970.
    var changed: Int64
    /// nginx's clock, in whole seconds, when it had read the head of the response, or of the 304.
    var date: Int64
    /// Until when nginx calls it fresh: seconds since 1970.
    var validUntil: Int64
}
