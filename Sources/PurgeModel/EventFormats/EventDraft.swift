/// What a message of `purge.events` says, before the Kafka key is looked at.
enum EventDraft {
    case purge(PurgeEventDraft)
    case order(AgentOrder)
}
