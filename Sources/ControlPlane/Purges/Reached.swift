import PurgeModel

/// When a purge was seen to have reached a milestone.
struct Reached: Sendable, Hashable {
    /// Wall clock; nil when it happened before this process started and the agents do not tell when.
    let at: Timestamp?
    /// From acceptance; nil as above.
    let took: Duration?

    init(at: Timestamp? = nil, took: Duration? = nil) {
        self.at = at
        self.took = took
    }

    /// The same, and not earlier than what came before it: agents have clocks of their own.
    func notBefore(_ earlier: Reached?) -> Reached {
        guard let at, let took, let earlierAt = earlier?.at, let earlierTook = earlier?.took else { return self }
        return Reached(at: max(at, earlierAt), took: max(took, earlierTook))
    }
}
