/// What a partition that started over has not made up for yet.
///
/// The tracker of such a partition begins with the flush, so everything before it would look applied; it is when the
/// flush is.
extension PurgeQueue {
    /// Whether the flush that stands for missed purges is still to be done.
    static func hasMissed(_ partition: Int32, _ state: State) -> Bool {
        guard let begun = state.begun[partition] else { return false }
        return state.isOpen(
            QueueKey(partition: partition, epoch: state.epochs[partition] ?? 0, offset: begun - 1))
    }
}
