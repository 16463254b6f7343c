/// What opening does with a write-ahead log that is damaged.
///
/// A log that merely ends in the middle of a record is what a crash leaves.
package enum LogRecovery: Sendable, Hashable, CaseIterable {
    /// Keeps everything up to the first damaged record and drops the rest silently. RocksDB's default.
    case pointInTime
    /// Refuses to open with `.corruption` if anything is damaged or cut off, even the last record after a crash.
    /// Right after a clean `close()` only.
    case absoluteConsistency
    /// Accepts a log whose end is cut off, refuses with `.corruption` when something in the middle is damaged.
    case tolerateCutOffEnd
    /// Drops damaged records and keeps later ones. For salvage only: the order of writes is no longer kept.
    case skipDamagedRecords
}
