import PurgeModel

/// One value for each milestone of a purge.
struct ByMilestone<Value> {
    var effective: Value
    var confirmed: Value

    init(effective: Value, confirmed: Value) {
        self.effective = effective
        self.confirmed = confirmed
    }

    /// The same for each.
    init(each value: Value) {
        self.init(effective: value, confirmed: value)
    }

    subscript(milestone: Milestone) -> Value {
        get {
            switch milestone {
            case .effective: effective
            case .confirmed: confirmed
            }
        }
        set {
            switch milestone {
            case .effective: effective = newValue
            case .confirmed: confirmed = newValue
            }
        }
    }
}

extension ByMilestone: Sendable where Value: Sendable {}
extension ByMilestone: Equatable where Value: Equatable {}

/// What one agent has told of one partition: what it has applied, and, by that or without, made effective.
extension ByMilestone<Coverage> {
    /// What an acknowledgement says.
    init(_ told: PartitionProgress) {
        let applied = Coverage(applied: told.applied, ranges: told.appliedRanges)
        let effective = told.effective.map { applied.extended(to: min($0, told.queued)) }
        self.init(effective: effective ?? applied, confirmed: applied)
    }

    /// What of this lies below an offset.
    func below(_ end: Int64) -> Self {
        ByMilestone(effective: effective.below(end), confirmed: confirmed.below(end))
    }
}
