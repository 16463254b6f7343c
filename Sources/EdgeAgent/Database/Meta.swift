import PurgeModel

/// The family `meta`: everything that the agent keeps beside index and queue.
///
/// This is the whole list. What each value looks like on disk stands at its type.
struct Meta: Sendable {
    private let table: Table

    init(_ table: Table) { self.table = table }

    // MARK: The database

    /// The number of the form in which everything is kept: see ``AgentDatabase``.
    var format: MetaEntry<UInt8> { MetaEntry("format", in: table) }
    /// Of format 1 only: there once the file with the positions had been written.
    var hadPositionsFile: MetaEntry<Flag> { MetaEntry("positions", in: table) }

    // MARK: The caches

    /// The cache paths that were ever looked after, by path.
    var caches: MetaEntries<String, KnownCache> { MetaEntries("cache/", in: table) }
    /// The numbers of the caches that the agent looked after last, a byte each.
    var activeCaches: MetaEntry<[UInt8]> { MetaEntry("caches", in: table) }
    /// Which directories the caches were when they were opened last, by number.
    var directories: MetaEntries<UInt8, KnownDirectory> { MetaEntries("directory/", in: table) }
    /// Caches of which everything is to be purged, by number.
    var flushes: MetaEntries<UInt8, CacheFlush> { MetaEntries("flush/", in: table) }

    // MARK: The index

    /// How much is in the index.
    var totals: MetaEntry<IndexTotals> { MetaEntry("objects", in: table) }
    /// Until when all that landed in a cache is in the index, by the number of the cache; removed with the index.
    var followed: MetaEntries<UInt8, Int64> { MetaEntries("followed/", in: table) }
    /// Objects that were found late and could not be purged so far, with their generations; written together with their
    /// index entries.
    var late: MetaEntries<ObjectKey, UInt64> { MetaEntries("late/", in: table) }
    /// There while an index that was empty is filled: what it holds then is not all.
    var isLoading: MetaEntry<Flag> { MetaEntry("loading", in: table) }

    // MARK: The queue

    /// The next offset to fetch of each partition.
    var positions: MetaEntries<Int32, QueuePlace> { MetaEntries("position/", in: table) }
    /// Where partitions began anew whose offsets started over; the flush for what was missed stands just below.
    var begun: MetaEntries<Int32, Int64> { MetaEntries("begun/", in: table) }
    /// How far purges have got that are not done.
    var progress: MetaEntries<QueueKey, PurgeProgress> { MetaEntries("progress/", in: table) }
    /// There when a lost database may have known partitions that this one has never seen.
    var isUncertain: MetaEntry<Flag> { MetaEntry("uncertain", in: table) }
    /// The last messages that were read of each partition; written together with the positions behind them.
    var lastMessages: MetaEntries<Int32, MessageMarks> { MetaEntries("last/", in: table) }

    // MARK: The guards

    /// The purges that stand as guards; written together with the completion of the purge.
    var guards: MetaEntries<QueueKey, GuardRecord> { MetaEntries("guard/", in: table) }
    /// Objects that landed under a guard and are not judged yet; written together with their index entries.
    var suspects: MetaEntries<ObjectKey, Flag> { MetaEntries("suspect/", in: table) }
}
