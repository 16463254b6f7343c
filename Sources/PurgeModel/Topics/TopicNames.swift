/// The Kafka topics that make up one EdgePurge.
package struct TopicNames: Sendable, Hashable {
    /// Purges, one an event, keyed by zone; kept for a time, not compacted.
    package var events = "purge.events"
    /// Each agent's latest state, keyed by agent; compacted.
    package var acks = "purge.acks"
    /// Messages of `events` that could not be understood, with the reason.
    package var deadLetters = "purge.dead_letters"
    /// How far each tier has got that others fill from, keyed by tier; compacted.
    ///
    /// Only where agents tell a tier.
    package var tiers = "purge.tiers"

    /// The names used where nothing else is configured.
    package init() {}

    /// All of them, with what each is for.
    package var all: [(role: TopicRole, name: String)] { needed + [(.tiers, tiers)] }

    /// Those without which nothing works.
    package var needed: [(role: TopicRole, name: String)] {
        [(.events, events), (.acks, acks), (.deadLetters, deadLetters)]
    }
}
