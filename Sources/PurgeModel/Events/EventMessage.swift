/// One message of `purge.events` that was understood.
package enum EventMessage: Sendable, Hashable {
    case purge(PurgeEvent)
    case order(AgentOrder)
}
