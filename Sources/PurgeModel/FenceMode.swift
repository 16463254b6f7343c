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
