/// Where one agent stands with one purge.
package enum Standing: String, Sendable, Hashable, Codable, CaseIterable {
    /// It has acknowledged the purge as applied.
    case applied
    /// It bypasses its cache by now: its mode is `cut_off`, and it has been silent for longer than its lease and the
    /// margin.
    case safe
    /// It is heard, or its lease still runs.
    case pending
    /// Silent for longer than its lease, and it may still serve from its cache.
    case missing
    /// Two instances use its id; never counts as applied.
    case conflicted

    /// Whether this agent no longer stands in the way.
    package var isDone: Bool { self == .applied || self == .safe }
}
