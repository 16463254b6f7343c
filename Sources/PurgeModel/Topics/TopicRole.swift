/// What each of the three topics is for.
package enum TopicRole: String, Sendable, Hashable, CaseIterable {
    case events
    case acks
    case deadLetters = "dead_letters"
}
