import LinuxFiles
import PurgeModel

/// Remembers across restarts which directories the caches are, and knows another one, or an earlier state of the same
/// one, when it is opened.
///
/// Each directory has a stamp, which changes soon after purges were applied. The database has the next one before the
/// directory does, so that a crash in between looks like nothing else.
struct KnownDirectories {
    /// A directory that is open.
    private struct Open {
        let cache: any CacheFileFormat
        var known: KnownDirectory
        /// Stamps that may not be on the disk yet, oldest first.
        var samples: [(at: ContinuousClock.Instant, number: UInt64)] = []
    }

    /// What changes when a cache may differ from a snapshot that was taken before.
    private struct Changes: Equatable {
        let purges: Int64
        let removed: Int64
        let flushes: Int64

        init(_ counts: AcknowledgementCounts) {
            (purges, removed, flushes) = (counts.purges, counts.objectsRemoved, counts.flushes)
        }
    }

    private let context: FilesContext
    private var open: [UInt8: Open] = [:]
    /// When directories were stamped last, and what had been done by then.
    private var stamped: (at: ContinuousClock.Instant, changes: Changes)

    /// Between two stamps, also under many purges.
    private static let interval = Duration.seconds(1)
    /// Stamps remembered in the time that they may take to the disk.
    private static let samplesMax = 30

    init(_ context: FilesContext) {
        self.context = context
        stamped = (context.now, Changes(context.board.counts))
    }

    /// How a cache that was just opened differs from what is known of it; nil when it does not, or nothing is known.
    func difference(_ cache: any CacheFileFormat) throws -> KnownDirectory.Difference? {
        guard let known = try context.database.meta.directories.value(cache.number) else { return nil }
        do {
            return known.difference(cache.identity, try cache.stamp(), hasStamp: true)
        } catch is FileError {
            return known.difference(cache.identity, nil, hasStamp: false)
        }
    }

    /// Remembers a cache as it was just opened; what is to be flushed for its sake is kept already.
    mutating func keep(_ cache: any CacheFileFormat, isOther: Bool) throws {
        let old = isOther ? nil : try context.database.meta.directories.value(cache.number)
        var known =
            old
            ?? KnownDirectory(
                identity: cache.identity, stamp: DirectoryStamp(lineage: .random(in: .min ... .max), number: 0))
        known.identity = cache.identity
        // After a power loss the database may be older than the directory.
        let number = known.number((try? cache.stamp()).flatMap { $0 })
        let isStamped = number > 0 && number >= known.stamp.number
        if isStamped { (known.stamp.number, known.floor) = (number, number) }
        open[cache.number] = Open(cache: cache, known: known, samples: isStamped ? [(context.now, number)] : [])
        if isStamped { try write([cache.number]) } else { try stamp([cache.number]) }
    }

    /// Only these caches are looked after from now on.
    mutating func keep(only caches: [UInt8]) { open = open.filter { caches.contains($0.key) } }

    /// Stamps the directories, if purges were applied since the last time.
    ///
    /// - Parameter isLast: whether nothing is purged after this.
    mutating func tick(isLast: Bool = false) throws {
        guard isLast || stamped.at.duration(to: context.now) >= Self.interval else { return }
        let changes = Changes(context.board.counts)
        let isChanged = changes != stamped.changes
        let settled = open.keys.filter { settle($0) }
        guard isChanged || !settled.isEmpty else { return }
        if isChanged { try stamp(Array(open.keys)) } else { try write(settled) }
        stamped = (context.now, changes)
    }

    /// Gives directories their next stamps.
    private mutating func stamp(_ caches: [UInt8]) throws {
        let now = context.now
        for cache in caches {
            guard var open = open[cache] else { continue }
            open.known.stamp.number += 1
            let last = open.samples.last?.at
            if last.map({ $0.duration(to: now) >= settling / Self.samplesMax }) ?? true {
                open.samples.append((now, open.known.stamp.number))
            }
            self.open[cache] = open
        }
        try write(caches)
        for cache in caches {
            guard let open = open[cache] else { continue }
            // Not every file system keeps stamps, and a full or read-only one takes no more: then the last one counts.
            let isKept = (try? open.cache.keep(open.known.stamp)) != nil
            if isKept { self.open[cache]?.known.floor = open.known.stamp.number }
        }
        try write(caches)
    }

    private func write(_ caches: [UInt8]) throws {
        try context.database.write { change in
            for cache in caches {
                guard let known = open[cache]?.known else { continue }
                context.database.meta.directories.put(cache, known, into: &change)
            }
        }
    }

    /// Within this time a stamp is on the disk.
    ///
    /// Half of what is replayed after a power loss: what was purged a moment
    /// before a stamp is to be replayed with it.
    private var settling: Duration { context.settings.replayWindow / 2 }

    /// Takes note of stamps that are on the disk by now; whether there are any.
    private mutating func settle(_ cache: UInt8) -> Bool {
        guard var open = open[cache] else { return false }
        let before = open.known.settled
        while let first = open.samples.first, first.at.duration(to: context.now) >= settling {
            // One that could not be kept is on no disk.
            open.known.settled = max(before, min(first.number, open.known.floor))
            open.samples.removeFirst()
        }
        self.open[cache] = open
        return open.known.settled != before
    }
}
