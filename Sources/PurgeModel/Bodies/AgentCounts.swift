/// How many agents stand where with a purge; `applied` to `conflicted` add up to `expected`.
package struct AgentCounts: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case expected, effective, applied, safe, pending, missing, conflicted
    }

    package private(set) var expected: Int
    /// On how many it is effective, those that have applied it and the safe ones too; absent in answers of version
    /// 0.1.0.
    package private(set) var effective: Int?
    package private(set) var applied: Int
    package private(set) var safe: Int
    package private(set) var pending: Int
    package private(set) var missing: Int
    package private(set) var conflicted: Int

    package init(
        expected: Int = 0, effective: Int? = 0, applied: Int = 0, safe: Int = 0, pending: Int = 0, missing: Int = 0,
        conflicted: Int = 0
    ) {
        self.expected = expected
        self.effective = effective
        self.applied = applied
        self.safe = safe
        self.pending = pending
        self.missing = missing
        self.conflicted = conflicted
    }

    /// Counts one more agent.
    package mutating func add(_ standing: Standing, isEffective: Bool) {
        expected += 1
        if isEffective { effective = (effective ?? 0) + 1 }
        switch standing {
        case .applied: applied += 1
        case .safe: safe += 1
        case .pending: pending += 1
        case .missing: missing += 1
        case .conflicted: conflicted += 1
        }
    }
}
