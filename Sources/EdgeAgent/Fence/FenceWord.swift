import PurgeModel

/// What the agent tells of its fence at one moment.
struct FenceWord: Sendable, Hashable {
    /// ``FenceStateMachine/version``.
    var version: UInt64
    /// Whether the caches are bypassed: the file is there.
    var isFenced: Bool
    /// Why they should be.
    var reason: FenceReason?
    /// Drained, and the file is there.
    var isDrained: Bool
    /// Whether an acknowledgement of this run is in Kafka.
    var isHeard: Bool
    /// The mode it really keeps to: `off` while it cannot write the file.
    var mode: FenceMode
    var after: Duration
}
