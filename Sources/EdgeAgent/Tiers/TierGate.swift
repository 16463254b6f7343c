import PurgeModel

/// Knows which purges the tier above has applied, so far as that can be believed.
///
/// A collector tells it on `purge.tiers` (docs/decisions/0039-tiers.md). What it tells counts when it has read the same
/// topic as this agent: the last message that it goes by has to be one that was read here.
struct TierGate: Sendable {
    private struct Partition: Sendable {
        var seen = SeenMarks()
        /// What was told last and could not be compared yet.
        var told: TierProgress?
        /// What counts.
        var progress: TierProgress?
    }

    /// The tier above.
    let tier: String
    /// For how long after the tier above has applied a purge it may still answer with what is older; nil before
    /// anybody has told of it.
    private(set) var guardTime: Duration?
    /// How often it was told that the tier above has taken out what may have been older than a purge.
    private(set) var lateFills = 0
    /// Why nobody waits for that tier.
    private(set) var problem: String?
    /// When it was told of last.
    private(set) var heardAt: ContinuousClock.Instant?
    private var partitions: [Int32: Partition] = [:]
    private var toldLateFills: Int64?
    /// Partitions of which more counts since ``takeChanged()``.
    private var changed: Set<Int32> = []

    /// A tier's guard is believed to be no longer than this.
    private static let guardTimeMax = Duration.seconds(24 * 3600)

    init(tier: String) { self.tier = tier }

    /// Whether the tier above has applied a purge.
    func hasApplied(_ key: QueueKey) -> Bool {
        partitions[key.partition]?.progress?.hasApplied(key.offset) ?? false
    }

    /// Whether somebody tells of messages that were not read here yet.
    var isAhead: Bool { partitions.values.contains { $0.told != nil } }

    /// Takes note of a message of `purge.events` that was read.
    mutating func read(_ mark: MessageMark, of partition: Int32) {
        var one = partitions[partition] ?? Partition()
        one.seen.add(mark)
        // Told before it was read here.
        if let told = one.told, told.marks.contains(where: { $0.offset == mark.offset }) {
            Self.compare(told, known: nil, &one)
        }
        keep(one, partition)
    }

    /// A partition begins anew: nothing that was told of it counts any more.
    mutating func startOver(_ partition: Int32) { partitions[partition] = nil }

    /// Takes in what a collector tells; a word about another tier changes nothing.
    ///
    /// - Parameter marks: messages that an earlier run read, by partition.
    mutating func hear(_ word: TierWord, marks: [Int32: MessageMarks], now: ContinuousClock.Instant) {
        guard word.tier == tier else { return }
        (problem, heardAt) = (word.problem, now)
        if let told = toldLateFills, told != word.lateFills { lateFills += 1 }
        toldLateFills = word.lateFills
        guardTime = min(max(.zero, word.guardTime), Self.guardTimeMax)
        for told in word.partitions {
            var one = partitions[told.partition] ?? Partition()
            Self.compare(told, known: marks[told.partition], &one)
            keep(one, told.partition)
        }
    }

    private mutating func keep(_ one: Partition, _ partition: Int32) {
        if one.progress != partitions[partition]?.progress { changed.insert(partition) }
        partitions[partition] = one
    }

    /// The partitions of which more counts since the last call.
    mutating func takeChanged() -> Set<Int32> {
        defer { changed = [] }
        return changed
    }

    private static func compare(_ told: TierProgress, known: MessageMarks?, _ one: inout Partition) {
        one.told = nil
        // The newest that is known says which topic it is.
        let isSame = told.marks.lazy.compactMap { [one] mark in
            one.seen.contains(mark) ?? known?.at(mark.offset).map { $0 == mark }
        }.first
        guard isSame == true else {
            // What was not read here yet is compared when it is; of another topic nothing counts.
            if isSame == nil, !told.marks.isEmpty { one.told = told }
            return
        }
        var progress = told
        // Several collectors tell: the furthest counts, since none takes anything back.
        progress.applied = max(told.applied, one.progress?.applied ?? 0)
        one.progress = progress
    }
}
