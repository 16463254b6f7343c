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

    /// The clock that the kernel stamps files with moves in steps and is behind by up to one: 10 ms at 100 Hz.
    private static let fileClockStep: Int64 = 10

    /// Whether the head of the response was there at a moment (milliseconds since 1970): it was asked for before.
    ///
    /// A later head proves nothing: the origin may have been slow.
    ///
    /// - Parameter isRefreshed: whether a 304 made the file fresh again: it was born long before.
    func hadHead(by moment: Int64, isRefreshed: Bool) -> Bool {
        (date + 1) * 1000 <= moment || !isRefreshed && born > 0 && born + Self.fileClockStep <= moment
    }

    /// Whether the head came later than a moment (milliseconds since 1970), by whole seconds.
    func hadNoHead(by moment: Int64) -> Bool { date * 1000 > moment }
}
