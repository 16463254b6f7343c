import PurgeModel
import Synchronization

@testable import EdgeAgent

/// The machine's clocks, with something to do at the n-th look at the wall clock, which the worker takes just before it marks files.
final class TestClock: AgentClock {
    private let state: Mutex<(looks: Int, action: (@Sendable () -> Void)?)>

    init(afterLooks looks: Int = 0, _ action: (@Sendable () -> Void)? = nil) {
        state = Mutex((looks, action))
    }

    var now: Timestamp {
        let action = state.withLock { state in
            state.looks -= 1
            return state.looks == 0 ? state.action : nil
        }
        action?()
        return SystemClock().now
    }

    var instant: ContinuousClock.Instant { .now }
}
