/// Where a purge is in `purge.events`.
struct PurgePosition: Hashable, Sendable {
    var partition: Int32
    var offset: Int64
}
