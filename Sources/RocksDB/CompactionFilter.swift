/// Decides, entry by entry, what a family loses when its files are rewritten.
///
/// RocksDB asks on its own threads, several at once, at a time of its own choosing, and perhaps never: an entry that
/// may go is not gone before a compaction comes across it. What was dropped is gone for every reader that begins later;
/// a scan that has begun goes on seeing it. An older value of the same key never comes back in its place. Entries that
/// are in memory only, and files that are moved unchanged to another level, are not asked about;
/// ``Database/compact(_:)`` leaves none of these out.
package struct CompactionFilter: Sendable {
    /// What becomes of an entry.
    package enum Verdict: Sendable {
        case keep
        case drop
    }

    let verdict: @Sendable (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Verdict

    /// Creates a filter.
    ///
    /// - Parameter verdict: gets key and value, valid only during the call. It must be quick, since it is called for
    ///   each entry, must not use the database, and lives as long as the database does.
    package init(_ verdict: @escaping @Sendable (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Verdict) {
        self.verdict = verdict
    }
}
