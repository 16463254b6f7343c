import Foundation

/// How long hostile tenants go on.
struct HostilePlan: Sendable {
    /// Purges of the honest tenant while nobody else is there, and meanwhile.
    let purges: Int
    /// Tenants of each kind.
    let tenants: Int
    /// Purges that the history has.
    let history: Int
    /// How long at least; nil: as long as the honest tenant's purges take.
    let duration: Duration?

    /// What each hostile tenant does, and the name of its token.
    var hostile: [(load: HostileLoad, name: String)] {
        HostileLoad.allCases.flatMap { load in (0..<tenants).map { (load, "\(load)-\($0)") } }
    }

    /// Whether it is the run among all tests.
    var isShort: Bool { duration == nil }

    /// From `EDGE_PURGE_HOSTILE_DURATION`, in seconds; without it, a short run.
    init() {
        let given = ProcessInfo.processInfo.environment["EDGE_PURGE_HOSTILE_DURATION"].flatMap { Int($0) }
        duration = given.map { .seconds($0) }
        purges = given == nil ? 30 : 500
        tenants = given == nil ? 1 : 4
        history = given == nil ? 2_000 : 20_000
    }
}
