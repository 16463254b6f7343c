import Foundation
import Synchronization

/// The clock of all tests: it shows what a test wants.
///
/// A module's own protocol of a clock is adopted by an extension in that module's tests.
package final class TestClock: Sendable {
    /// How its time passes.
    package enum Pace: Sendable {
        /// Only when ``advance(by:)`` says so.
        case stands
        /// As that of the machine's clocks.
        case runs
        /// By the same step each time somebody looks: whatever takes many looks takes long.
        case rushes(Duration)
    }

    private struct State {
        var advanced = Duration.zero
        /// How far wall time was set ahead of where it would be.
        var shift = Duration.zero
        var looks: Int
        var action: (@Sendable () -> Void)?
    }

    private let pace: Pace
    private let wallStart: Int64
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    /// Where a clock that stands begins, in milliseconds since 1970.
    private static let standingStart: Int64 = 1_700_000_000_000

    /// - Parameters:
    ///   - looks: at which look at the wall clock `action` is called; 0: at none.
    ///   - action: what happens just before that look is answered.
    package init(_ pace: Pace, atLook looks: Int = 0, _ action: (@Sendable () -> Void)? = nil) {
        self.pace = pace
        wallStart = if case .stands = pace { Self.standingStart } else { Self.machineTime }
        state = Mutex(State(looks: looks, action: action))
    }

    /// The wall time, in milliseconds since 1970.
    package var milliseconds: Int64 {
        let action = state.withLock { state in
            state.looks -= 1
            return state.looks == 0 ? state.action : nil
        }
        action?()
        if case .runs = pace { return Self.machineTime }
        let passed = look() + state.withLock(\.shift)
        return wallStart + passed.components.seconds * 1000 + passed.components.attoseconds / 1_000_000_000_000_000
    }

    /// The monotonic time.
    package var instant: ContinuousClock.Instant {
        if case .runs = pace { return .now }
        return start + look()
    }

    /// Lets time pass on a clock that stands, or go back.
    package func advance(by duration: Duration) { state.withLock { $0.advanced += duration } }

    /// Sets the wall time of a clock that does not run, and leaves the monotonic time alone.
    package func setWall(ahead duration: Duration) { state.withLock { $0.shift += duration } }

    private func look() -> Duration {
        state.withLock { state in
            if case .rushes(let step) = pace { state.advanced += step }
            return state.advanced
        }
    }

    private static var machineTime: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
