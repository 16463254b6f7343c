/// What happens to the objects that a purge names.
package enum PurgeMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// The object is gone: the next request is a miss.
    case delete
    /// The object is marked stale: the next request asks the origin whether it is still good, and a 304 keeps it.
    case invalidate
}
