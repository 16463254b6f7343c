/// What became of a topic that should exist.
package enum TopicOutcome: Sendable, Hashable {
    /// It was not there.
    case created
    /// It was there; partitions and configuration were left as they are.
    case alreadyExists
}
