/// What an agent has done since it started.
///
/// One that is missing in JSON is 0.
package struct AcknowledgementCounts: Sendable, Hashable {
    /// Purges applied.
    package var purges: Int64
    /// Objects removed or marked stale, by purges, guards and flushes.
    package var objectsRemoved: Int64
    /// Bytes of those.
    package var bytesRemoved: Int64
    /// Messages put aside because they were no purges.
    package var deadLetters: Int64
    /// Times a whole cache was flushed because purges may have been missed.
    package var flushes: Int64
    /// Objects in the index now.
    package var objectsIndexed: Int64
    /// Bytes of their cache files.
    package var bytesIndexed: Int64
    /// Objects removed by a guard: fills that had begun before a purge and landed after it.
    package var guardRemoved: Int64
    /// Differences between index and disk that a reconciliation repaired.
    package var repaired: Int64
    /// Failures that were tried again.
    package var errors: Int64
    /// Files in the caches now that no purge by URL, host or prefix can find: they fit none of the configured cache
    /// keys, or their names are not known yet.
    package var unmatched: Int64
    /// Bytes of deleted files that were given back to the file system.
    package var reclaimedBytes: Int64
    /// Bytes of deleted files that may be given back yet, at most.
    package var reclaimWaitingBytes: Int64

    package init(
        purges: Int64 = 0, objectsRemoved: Int64 = 0, bytesRemoved: Int64 = 0, deadLetters: Int64 = 0,
        flushes: Int64 = 0,
        objectsIndexed: Int64 = 0, bytesIndexed: Int64 = 0, guardRemoved: Int64 = 0, repaired: Int64 = 0,
        errors: Int64 = 0, unmatched: Int64 = 0, reclaimedBytes: Int64 = 0, reclaimWaitingBytes: Int64 = 0
    ) {
        self.purges = purges
        self.objectsRemoved = objectsRemoved
        self.bytesRemoved = bytesRemoved
        self.deadLetters = deadLetters
        self.flushes = flushes
        self.objectsIndexed = objectsIndexed
        self.bytesIndexed = bytesIndexed
        self.guardRemoved = guardRemoved
        self.repaired = repaired
        self.errors = errors
        self.unmatched = unmatched
        self.reclaimedBytes = reclaimedBytes
        self.reclaimWaitingBytes = reclaimWaitingBytes
    }
}

extension AcknowledgementCounts: Codable {
    private enum CodingKeys: String, CodingKey {
        case purges, flushes, repaired, errors, unmatched
        case objectsRemoved = "objects_removed"
        case bytesRemoved = "bytes_removed"
        case deadLetters = "dead_letters"
        case objectsIndexed = "objects_indexed"
        case bytesIndexed = "bytes_indexed"
        case guardRemoved = "guard_removed"
        case reclaimedBytes = "reclaimed_bytes"
        case reclaimWaitingBytes = "reclaim_waiting_bytes"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int64 {
            try container.decodeIfPresent(Int64.self, forKey: key) ?? 0
        }
        self.init(
            purges: try count(.purges), objectsRemoved: try count(.objectsRemoved),
            bytesRemoved: try count(.bytesRemoved),
            deadLetters: try count(.deadLetters), flushes: try count(.flushes),
            objectsIndexed: try count(.objectsIndexed), bytesIndexed: try count(.bytesIndexed),
            guardRemoved: try count(.guardRemoved), repaired: try count(.repaired), errors: try count(.errors),
            unmatched: try count(.unmatched), reclaimedBytes: try count(.reclaimedBytes),
            reclaimWaitingBytes: try count(.reclaimWaitingBytes))
    }
}
