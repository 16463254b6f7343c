import PurgeModel
import Synchronization

@testable import EdgeAgent

/// The clocks of every machine: time passes when the simulation says so, and somebody sets all wall clocks at once.
final class SimulatedClock: AgentClock {
    private struct State {
        var passed: Int64 = 0
        var jump: Int64 = 0
        /// From when on the clocks were set so far.
        var jumps: [(at: Int64, jump: Int64)] = [(0, 0)]
    }

    private let epoch = ContinuousClock.now
    private let state = Mutex(State())
    private static let wallStart: Int64 = 1_700_000_000_000

    /// Milliseconds since the simulation began.
    var passed: Int64 { state.withLock { $0.passed } }
    /// How far somebody has set the wall clocks forth or back, in milliseconds.
    var jump: Int64 { state.withLock { $0.jump } }

    var instant: ContinuousClock.Instant { epoch + .milliseconds(passed) }
    var now: Timestamp { Timestamp(milliseconds: state.withLock { Self.wallStart + $0.passed + $0.jump }) }
    /// Wall time in seconds since 1970.
    var seconds: Int64 { now.milliseconds / 1000 }

    /// Lets milliseconds pass.
    func pass(_ milliseconds: Int64) { state.withLock { $0.passed += milliseconds } }

    /// Sets the wall clocks.
    func set(by milliseconds: Int64) {
        state.withLock { state in
            state.jump += milliseconds
            state.jumps.append((state.passed, state.jump))
        }
    }

    /// From when on the wall clocks were how far ahead.
    var history: String { state.withLock { $0.jumps.map { "\($0.at): \($0.jump)" }.joined(separator: ", ") } }

    /// How far forth the wall clocks were set at most in a time.
    func highestJump(in time: ClosedRange<Int64>) -> Int64 {
        state.withLock { state in
            let before = state.jumps.last { $0.at <= time.lowerBound }?.jump ?? 0
            return state.jumps.filter { time.contains($0.at) }.map(\.jump).reduce(before, max)
        }
    }

    /// How far back the wall clocks have been set at most since a moment.
    func lowestJump(since moment: Int64) -> Int64 {
        state.withLock { state in
            var lowest = state.jump
            for one in state.jumps.reversed() {
                lowest = min(lowest, one.jump)
                if one.at <= moment { break }
            }
            return lowest
        }
    }
}
