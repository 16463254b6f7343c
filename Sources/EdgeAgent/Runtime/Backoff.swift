/// When something that failed is to be tried again: soon at first, then less and less often.
struct Backoff: Hashable, Sendable {
    /// The next try; nil while nothing has failed.
    private(set) var next: ContinuousClock.Instant?
    private var delay = Self.first

    private static let first = Duration.milliseconds(500)
    private static let longest = Duration.seconds(15)

    /// Takes note of a failure.
    mutating func failed(_ now: ContinuousClock.Instant) {
        next = now + delay
        delay = min(delay * 2, Self.longest)
    }

    /// Whether a try is due; true while nothing has failed.
    func isDue(_ now: ContinuousClock.Instant) -> Bool { next.map { $0 <= now } ?? true }
}
