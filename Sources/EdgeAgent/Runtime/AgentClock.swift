import Foundation
import PurgeModel

/// The two clocks of the agent: wall time for what is shown and compared with nginx's dates, monotonic time for
/// durations.
protocol AgentClock: Sendable {
    /// Wall time.
    var now: Timestamp { get }
    /// Monotonic time.
    var instant: ContinuousClock.Instant { get }
}

/// The clocks of the machine.
struct SystemClock: AgentClock {
    var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
    var instant: ContinuousClock.Instant { ContinuousClock.now }
}
