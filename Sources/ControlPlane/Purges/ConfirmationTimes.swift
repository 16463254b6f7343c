import PurgeModel

/// How long purges took until they were confirmed, by the minute in which they were, over the last day.
struct ConfirmationTimes: Sendable {
    /// Minutes that are kept: a day, and the one that is running.
    static let minutesMax = 24 * 60 + 1

    /// By minutes since 1970.
    private(set) var minutes: [Int64: TimeHistogram] = [:]
    /// Minutes that the history does not have as they are now.
    private var unsaved: Set<Int64> = []

    /// Counts a confirmation.
    mutating func add(_ took: Duration, confirmedAt: Timestamp) {
        let minute = Self.minute(of: confirmedAt)
        minutes[minute, default: TimeHistogram()].add(UInt64(clamping: took.wholeMilliseconds))
        unsaved.insert(minute)
        while minutes.count > Self.minutesMax, let oldest = minutes.keys.min() {
            minutes[oldest] = nil
            unsaved.remove(oldest)
        }
    }

    /// Takes in a minute of the history.
    mutating func restore(_ minute: Int64, _ histogram: TimeHistogram) {
        minutes[minute] = histogram
    }

    /// The minutes that changed since the last call.
    mutating func takeUnsaved() -> [Int64: TimeHistogram] {
        defer { unsaved = [] }
        return minutes.filter { unsaved.contains($0.key) }
    }

    /// Says that minutes could not be stored.
    mutating func keep(unsaved minutes: some Sequence<Int64>) {
        unsaved.formUnion(minutes.filter { self.minutes[$0] != nil })
    }

    /// The minute that a moment is in.
    static func minute(of moment: Timestamp) -> Int64 {
        let (quotient, remainder) = moment.milliseconds.quotientAndRemainder(dividingBy: 60_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
