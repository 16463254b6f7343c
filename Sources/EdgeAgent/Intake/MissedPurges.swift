import Kafka
import Logging
import PurgeModel

/// Makes up for purges that were missed: everything that they could have named is flushed (promise P2).
struct MissedPurges: Sendable {
    let queue: PurgeQueue
    let replay: ReplayWindow
    let status: AgentStatusBoard
    /// How it is flushed.
    let mode: PurgeMode
    let clock: any AgentClock
    let logger: Logger

    /// Starts a partition over at the beginning of what there is, with a flush in place of what came before.
    ///
    /// - Parameter offset: what was to be read next; lower than all offsets where nobody knows.
    func startOver(_ partition: Int32, from offset: Int64, available range: Watermarks) throws {
        logger.error(
            "purges were missed: Kafka no longer has them, or the topic was made anew; all caches are flushed instead",
            metadata: ["purge.partition": "\(partition)", "purge.offset": "\(offset)", "kafka.low": "\(range.low)"]
        )
        var generator = SystemRandomNumberGenerator()
        let flush = PurgeEvent(
            id: .random(using: &generator), zone: "*", scope: .all, selectors: Selectors(everything: true),
            mode: mode, acceptedAt: clock.now, source: "edge-purge-agent",
            reason: "offsets \(max(0, offset)) to \(range.low) of partition \(partition) are no longer in Kafka"
        )
        try replay.forget(partition)
        // Before anybody hears of the new topic, and once more for what was done while that was written.
        status.forgetRecent(of: partition)
        let begin = try queue.restart(partition, at: range.low, flush: flush, highWatermark: range.high)
        status.forgetRecent(of: partition)
        // After a power loss the flush is to be done once more, and until then nothing is told of what it stands for.
        let replayed = QueuePosition(partition: partition, epoch: begin.epoch, offset: PurgeQueue.missed)
        try replay.note([replayed], now: clock.instant)
        status.flushed()
    }
}
