internal import PurgeModel

/// What the collector keeps of one agent.
struct AgentRecord: Sendable {
    /// The key of its acknowledgements.
    let name: String
    /// Whether it has spoken and was not retired since; the record stays, because results refer to it by index.
    var isMember = true
    /// Whether the roster names it and it has not spoken: it stands in the way of every purge.
    var isUnheard = false
    /// Where the roster says it is.
    var rosterRegion: String?
    /// The partition of `purge.acks` that its words are in.
    var acksPartition: Int32 = 0
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
    /// Whether somebody counts on it: purges wait for it, or it is known why not.
    var isExpected: Bool { isMember || isUnheard }
    /// What it has applied, by partition.
    var coverage: [Int32: Coverage] = [:]
    /// Partitions in which its words speak of an earlier topic, or may: what it tells there counts as nothing.
    var earlier: [Int32: EarlierWord] = [:]
    /// What counts of its coverage: nothing while two processes may be speaking, or where it is of an earlier topic.
    var counted: [Int32: Coverage] {
        guard tracker.standing == .settled else { return [:] }
        return earlier.isEmpty ? coverage : coverage.filter { earlier[$0.key] == nil }
    }

    /// An agent that is known by its name only: from the roster, or from the history.
    static func unknown(_ name: String) -> AgentRecord {
        let nothing = Timestamp(milliseconds: 0)
        return AgentRecord(
            name: name, isMember: false,
            acknowledgement: Acknowledgement(
                agent: name, instance: "", sentAt: nothing, software: "", cache: "", status: .starting, fence: .off,
                fenceAfter: .zero),
            tracker: InstanceTracker(instance: "", sentAt: nothing, heardAt: .zero), heardAt: .zero, ageWhenHeard: .zero
        )
    }

    /// Whether what it has applied counts for this purge.
    func hasApplied(_ position: PurgePosition) -> Bool {
        guard tracker.standing == .settled, earlier[position.partition] == nil,
            let coverage = coverage[position.partition]
        else { return false }
        return coverage.contains(position.offset)
    }
}
