/// What the guard for fills in flight tells of itself.
package struct GuardStatus: Sendable, Hashable, Encodable {
    /// Purges that stand as guards.
    package var standing = 0
    /// Objects purged again because they were fetched before the purge.
    package var removedStale = 0
    /// Objects purged again because nothing told when they were fetched.
    package var removedUnproven = 0
    /// Objects let stay because it is known that they were fetched after the purge: extra misses avoided.
    package var provenFresh = 0
    /// Lines of the access log that do not have the form asked for.
    package var badLogLines = 0
    /// Why the access log cannot be used; nil while it can, or where none is configured, or none was needed yet.
    package var logProblem: String?
    /// Those among them that mean more than their purges name, since their zones name more than is kept: extra misses.
    package var coarse = 0

    enum CodingKeys: String, CodingKey {
        case standing
        case coarse
        case removedStale = "removed_stale"
        case removedUnproven = "removed_unproven"
        case provenFresh = "proven_fresh"
        case badLogLines = "bad_log_lines"
        case logProblem = "log_problem"
    }
}
