/// What a token allows.
package enum Permission: String, Sendable, Hashable, CaseIterable, Codable {
    /// To see purges, agents, lag, zones and metrics.
    case read
    /// To purge the zones of the token, and to see these zones and their purges.
    case cachePurge = "cache_purge"
    /// Everything, in every zone.
    case admin
}
