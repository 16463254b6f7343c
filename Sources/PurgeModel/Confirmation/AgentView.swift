/// What the rule must know of one agent.
package struct AgentView: Sendable, Hashable {
    package var agent: String

    /// Since it was last heard, by a monotonic clock.
    package var silence: Duration

    /// What it said of its fence when it was last heard.
    package var fence: FenceMode

    /// Its lease.
    package var fenceAfter: Duration

    /// In the partition of the purge; nil when it has said nothing about that partition yet.
    package var progress: PartitionProgress?

    /// Two instances use its id.
    package var isConflicted: Bool

    /// It was drained or retired: not expected any more.
    package var hasLeft: Bool

    package init(
        agent: String, silence: Duration, fence: FenceMode, fenceAfter: Duration, progress: PartitionProgress?,
        isConflicted: Bool = false, hasLeft: Bool = false
    ) {
        self.agent = agent
        self.silence = silence
        self.fence = fence
        self.fenceAfter = fenceAfter
        self.progress = progress
        self.isConflicted = isConflicted
        self.hasLeft = hasLeft
    }
}
