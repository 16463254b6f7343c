/// Something about a topic that is not as purges need it.
package struct TopicFinding: Sendable, Hashable, CustomStringConvertible {
    /// What comes of it.
    package enum Effect: Sendable, Hashable {
        /// Purges may be lost, or confirmed though they are not complete.
        case untrue
        /// Something does not work, or not always.
        case limited
    }

    package let effect: Effect
    /// What is wrong, with what comes of it, and what to do; for people.
    package let message: String

    package var description: String { message }
}
