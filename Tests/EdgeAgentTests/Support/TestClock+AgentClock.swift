import PurgeModel
import TestSupport

@testable import EdgeAgent

/// The worker looks at the wall clock just before it marks files.
extension TestClock: AgentClock {
    var now: Timestamp { Timestamp(milliseconds: milliseconds) }
}
