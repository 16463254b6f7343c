import Foundation
import PurgeModel

/// The clocks of the machine.
struct SystemClock: AgentClock {
    var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
    var instant: ContinuousClock.Instant { ContinuousClock.now }
}
