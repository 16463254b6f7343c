import Synchronization

/// How many lines of a log others may cause: the rest is counted, and told with the next one.
///
/// 20 at once and one a second: a day of trying fills about 20 MiB.
package final class WarningBudget: Sendable {
    private struct State {
        var bucket: TokenBucket
        var suppressed = 0
    }

    private static let rate = TokenBucket.Rate(size: 20, refill: 1, periodMilliseconds: 1000)
    private let state: Mutex<State>
    private let now: @Sendable () -> Int64

    /// Creates a budget that is full.
    ///
    /// - Parameter now: milliseconds of a clock that only goes forward.
    package init(now: @escaping @Sendable () -> Int64 = monotonicMilliseconds()) {
        self.now = now
        state = Mutex(State(bucket: TokenBucket(rate: Self.rate, at: now())))
    }

    /// Takes one line; nil where there is none, else how many were left out since the last one.
    package func take() -> Int? {
        let now = now()
        return state.withLock { state in
            guard state.bucket.take(1, at: now) else {
                state.suppressed += 1
                return nil
            }
            defer { state.suppressed = 0 }
            return state.suppressed
        }
    }

    private static func monotonicMilliseconds() -> @Sendable () -> Int64 {
        let started = ContinuousClock.now
        return { Int64((ContinuousClock.now - started) / .milliseconds(1)) }
    }
}
