import PurgeModel
import Synchronization

@testable import EdgeAgent

/// A clock that goes on by the same step each time somebody looks: whatever takes many looks takes long.
final class RushingClock: AgentClock {
    private let start = SystemClock().now
    private let origin = ContinuousClock.now
    private let step: Duration
    private let passed = Mutex(Duration.zero)

    init(step: Duration) { self.step = step }

    var now: Timestamp { start.advanced(by: look()) }
    var instant: ContinuousClock.Instant { origin + look() }

    private func look() -> Duration {
        passed.withLock { passed in
            passed += step
            return passed
        }
    }
}
