/// What an agent told of one partition while it spoke, or perhaps spoke, of an earlier topic.
struct EarlierWord: Sendable {
    /// Which run of the agent it was when that was found.
    let foundIn: String
    /// The run that spoke last.
    var instance: String
    /// The next offset it would have fetched, as that run told first.
    var queued: Int64
    /// Whether the topic is known to have been made anew; otherwise the agent may only be ahead of what we have read.
    let isProven: Bool
}
