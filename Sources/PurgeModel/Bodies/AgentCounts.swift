/// How many agents stand where with a purge; the last five add up to the first.
package struct AgentCounts: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case expected, applied, safe, pending, missing, conflicted
    }

    package private(set) var expected: Int
    package private(set) var applied: Int
    package private(set) var safe: Int
    package private(set) var pending: Int
    package private(set) var missing: Int
    package private(set) var conflicted: Int

    package init(
        expected: Int = 0, applied: Int = 0, safe: Int = 0, pending: Int = 0, missing: Int = 0, conflicted: Int = 0
    ) {
        self.expected = expected
        self.applied = applied
        self.safe = safe
        self.pending = pending
        self.missing = missing
        self.conflicted = conflicted
    }

    /// Counts one more agent.
    package mutating func add(_ standing: Standing) {
        expected += 1
        switch standing {
        case .applied: applied += 1
        case .safe: safe += 1
        case .pending: pending += 1
        case .missing: missing += 1
        case .conflicted: conflicted += 1
        }
    }
}
