/// When a cache bypasses its hits because its agent cannot know whether they are still good (promise P3).
package enum FenceMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Never.
    case off
    /// From boot until the agent has caught up.
    case start
    /// As `start`, and while a purge has waited longer than the lease.
    case behind
    /// As `behind`, and when out of touch with Kafka for longer than the lease. Only these agents count as safe while
    /// silent.
    case cutOff = "cut_off"
}

extension FenceMode: Comparable {
    /// Each mode fences in all cases in which the ones before it do.
    package static func < (left: FenceMode, right: FenceMode) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .off: 0
        case .start: 1
        case .behind: 2
        case .cutOff: 3
        }
    }
}
