/// Where a purge is in `purge.events`.
struct PurgePosition: Hashable, Sendable {
    let partition: Int32
    let offset: Int64
}
