/// One purge, as it travels through Kafka and waits in every agent's queue.
package struct PurgeEvent: Sendable, Hashable {
    package var id: PurgeID

    /// Who owns the hosts; also the Kafka key, so purges of one zone keep their order.
    package var zone: String

    /// The hosts it may touch; ``Scope/none`` only when URLs, hosts and prefixes name theirs.
    package var scope: Scope
    package var selectors: Selectors
    package var mode: PurgeMode

    /// When it was accepted, by the clock of whoever accepted it.
    package var acceptedAt: Timestamp

    /// Where it came from, such as `api`, `cli`, `kafka`, or a CloudEvents source.
    package var source: String

    /// Why, in the words of the person or program that asked.
    package var reason: String?

    package init(
        id: PurgeID, zone: String, scope: Scope, selectors: Selectors, mode: PurgeMode = .delete, acceptedAt: Timestamp,
        source: String, reason: String? = nil
    ) {
        self.id = id
        self.zone = zone
        self.scope = scope
        self.selectors = selectors
        self.mode = mode
        self.acceptedAt = acceptedAt
        self.source = source
        self.reason = reason
    }
}
