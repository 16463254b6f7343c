/// Why the caches are fenced.
enum FenceReason: String, Sendable, Hashable, Encodable, CaseIterable {
    /// The agent has not caught up since it started, or since it came back from one of the others.
    case catchingUp = "catching_up"
    /// A purge has waited for longer than the lease, or something in Kafka that could not be read.
    case behind
    /// Out of touch with Kafka for longer than the lease.
    case outOfTouch = "out_of_touch"
    /// The agent stops.
    case stopping
    /// Held by hand.
    case held
    /// Drained.
    case drained

    /// For people.
    var text: String {
        switch self {
        case .catchingUp: "the agent is catching up"
        case .behind: "a purge has waited for longer than fence.after"
        case .outOfTouch: "out of touch with Kafka for longer than fence.after"
        case .stopping: "the agent stops"
        case .held: "held by hand"
        case .drained: "drained"
        }
    }
}
