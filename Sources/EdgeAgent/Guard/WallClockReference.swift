import PurgeModel

/// Turns a moment of the monotonic clock into wall time that no earlier moment of the last minutes can have been above.
///
/// Fetch times in the access log are wall time. When the clock is set back between a fetch and a purge, the fetch looks
/// as if it came later. So a purge's moment is counted with the largest difference between the two clocks that was seen
/// lately.
struct WallClockReference {
    private var current: Int64?
    private var previous: Int64?
    private var began: ContinuousClock.Instant
    /// How long a difference is remembered, at least: no fetch takes longer.
    private let memory: Duration
    private let origin: ContinuousClock.Instant

    init(memory: Duration, instant: ContinuousClock.Instant) {
        self.memory = memory
        origin = instant
        began = instant
    }

    /// Takes note of both clocks.
    mutating func observe(_ now: Timestamp, _ instant: ContinuousClock.Instant) {
        let offset = now.milliseconds - origin.duration(to: instant).wholeMilliseconds
        if began.duration(to: instant) > memory {
            previous = current
            current = nil
            began = instant
        }
        current = max(current ?? offset, offset)
    }

    /// Milliseconds since 1970 at an instant, rather too late than too early; after ``observe(_:_:)``.
    func milliseconds(_ instant: ContinuousClock.Instant) -> Int64 {
        let offset = max(current ?? previous ?? 0, previous ?? current ?? 0)
        return offset + origin.duration(to: instant).wholeMilliseconds
    }
}
