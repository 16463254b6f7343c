import Kafka
import Logging

/// What is in Kafka, and cannot be read.
extension Intake {
    /// What is held back for so long is told.
    private static let heldBackMax = Duration.seconds(5)

    /// Takes note of the ends as of the last fetches: they count what an open transaction holds back, too.
    func observe(_ run: Run) {
        var ends: [Int32: Int64] = [:]
        for partition in run.checks.assigned { ends[partition] = consumer.cachedWatermarks(partition: partition)?.high }
        queue.observed(highWatermarks: ends)
    }

    /// So many looks in a row have to find fewer partitions than are read: a broker that has not heard of those that
    /// were added says so, too.
    private static let fewerLooksMin = 3

    /// Says that partitions are gone which were read, as the topic was made anew; throws once that is certain.
    func checkFewer(than count: Int, _ run: inout Run) throws(FewerPartitions) {
        let wereRead = run.checks.assigned.count
        guard count < wereRead else {
            run.fewerLooks = 0
            return run.problems.set(nil, of: .fewer)
        }
        let gone = FewerPartitions(topic: topic, count: count, wereRead: wereRead)
        run.fewerLooks += 1
        run.problems.set("\(gone). Looking again before this agent begins anew", of: .fewer)
        tell(&run)
        if run.fewerLooks >= Self.fewerLooksMin { throw gone }
    }

    /// Says of partitions that were read to where Kafka lets them be read, and go on behind it, what holds them back.
    func tellHeldBack(_ run: inout Run) {
        let now = clock.instant
        for (partition, reading) in queue.readings() {
            var text: String?
            if let unread = reading.unread, run.ends[partition] == reading.next,
                unread.since.duration(to: now) >= Self.heldBackMax
            {
                text =
                    "partition \(partition) of topic '\(topic)' holds back what stands from offset \(reading.next) on, "
                    + "behind an open transaction of some producer: it is read when that ends. "
                    + "'kafka-transactions.sh find-hanging' names a transaction that was left open"
                if run.log.note("held back", now: now) { logger.warning("\(text ?? "")") }
            }
            run.problems.set(text, of: .held(partition))
        }
        tell(&run)
    }
}
