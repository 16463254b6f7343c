/// What each of the topics is for.
package enum TopicRole: String, Sendable, Hashable, CaseIterable {
    case events
    case acks
    case deadLetters = "dead_letters"
    case tiers
}
