import PurgeModel

/// How long purges have waited.
extension PurgeQueue {
    /// Entries looked at for one partition: before the oldest purge there may be messages that are none, on their way
    /// to the dead letters.
    private static let looksMax = 16

    /// How long ago the oldest purge was accepted that is in the queue and not applied; zero when none is.
    ///
    /// Wall time: who accepted it has another clock, and one that is ahead makes it zero, never negative.
    func oldestWait(now: Timestamp) throws -> Duration {
        var oldest: Timestamp?
        for first in firstOpen() {
            var next: QueueKey? = first
            for _ in 0..<Self.looksMax {
                guard let key = next else { break }
                if let acceptedAt = try acceptedAt(key) {
                    oldest = min(oldest ?? acceptedAt, acceptedAt)
                    break
                }
                next = nextOpen(after: key)
            }
        }
        return oldest.map { max(.zero, now.duration(since: $0)) } ?? .zero
    }

    /// When a purge was accepted; nil for what is no purge, or no longer there.
    private func acceptedAt(_ key: QueueKey) throws -> Timestamp? {
        guard let message = try message(key) else { return nil }
        return try? message.decoded().acceptedAt
    }
}
