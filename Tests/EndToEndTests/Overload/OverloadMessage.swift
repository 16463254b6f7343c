import Kafka

/// One message of a flood, ready to be sent.
struct OverloadMessage: Sendable {
    /// All of it; of a purge what follows its id and its time.
    let rest: [UInt8]
    let isPurge: Bool
    /// Whether such purges go to all partitions, and not to that of their zone.
    var isSpread = false
    var headers: [Header] = []
}
