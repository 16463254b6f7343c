import PurgeModel

extension PurgeQueue {
    /// One message on its way into the queue.
    struct Arrival: Sendable {
        var partition: Int32
        var offset: Int64
        var message: QueuedMessage
        var content: Content
        /// What tells the message from others.
        var mark: MessageMark?

        /// What was read off a message.
        enum Content: Sendable {
            case purge(PurgeEvent)
            /// An order to some agent: its offset is done as soon as it has been passed.
            case order(AgentOrder)
            /// Nothing, for this reason: its offset is done as soon as the message is among the refused ones.
            case refused(PurgeEventError)
        }
    }
}
