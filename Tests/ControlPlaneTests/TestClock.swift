internal import Synchronization

/// A clock that a test sets.
final class TestClock: Sendable {
    private let now = Mutex<Int64>(1_700_000_000_000)

    /// The time in milliseconds.
    var milliseconds: Int64 { now.withLock { $0 } }

    /// Lets time pass, or go back.
    func advance(by milliseconds: Int64) { now.withLock { $0 += milliseconds } }
}
