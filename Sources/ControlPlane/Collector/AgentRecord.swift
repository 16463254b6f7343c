internal import PurgeModel

/// What the collector keeps of one agent.
struct AgentRecord: Sendable {
    /// The key of its acknowledgements.
    let name: String
    /// False once a tombstone has removed it; the record stays, because results refer to it by index.
    var isMember = true
    /// Its last acknowledgement.
    var acknowledgement: Acknowledgement
    /// Whether one process speaks under this name.
    var tracker: InstanceTracker
    /// When the last acknowledgement arrived here.
    var heardAt: Duration
    /// How old it was by then, as far as clocks can tell; zero in normal running.
    ///
    /// For display only.
    var ageWhenHeard: Duration
    /// Set while it is silent for so long that it has fenced itself: for purges that are older than this.
    var safeAfter: Duration?
    /// Whether it was drained: its fence is set, and it has left the set until it says otherwise.
    var isDrained: Bool { acknowledgement.drained && tracker.standing == .settled }
    /// What it has applied, by partition.
    var coverage: [Int32: Coverage] = [:]
    /// What counts of that: nothing while two processes may be speaking.
    var counted: [Int32: Coverage] { tracker.standing == .settled ? coverage : [:] }

    /// Whether what it has applied counts for this purge.
    func hasApplied(_ position: PurgePosition) -> Bool {
        guard tracker.standing == .settled, let coverage = coverage[position.partition] else { return false }
        return coverage.contains(position.offset)
    }
}
