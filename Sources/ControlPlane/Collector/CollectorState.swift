internal import DequeModule
internal import PurgeModel

/// All that the collector knows: which purges there are, what each agent has applied, what is confirmed.
///
/// Pure and synchronous: no clock, no IO, no locks. Everything that happened is told to it by one of the `receive` functions, in any
/// order that Kafka allows, and everything can be told twice. Reading both topics again from their start leads to the same state.
///
/// An acknowledgement costs what is new in it. Each open purge counts the members that have not applied it; an acknowledgement
/// lowers the counts of exactly the purges between what the agent had applied before and what it has applied now.
struct CollectorState: Sendable {
    /// What bounds and tunes it.
    struct Settings: Sendable {
        var purgesMax = 100_000
        var bytesMax = 256 << 20
        var detailsMax = 2_000_000
        var instanceWindow: Duration = .seconds(3)
        var confirmationMargin: Duration = .seconds(2)
        /// Whether changes are kept until ``takeChanges()`` hands them to the history.
        var keepsHistory = false
    }

    let settings: Settings
    /// Every agent ever heard; removed ones are no members any more.
    var agents: [AgentRecord] = []
    var agentIndex: [String: Int] = [:]
    var memberCount = 0
    /// Agents of the roster that have not spoken.
    var unheardCount = 0
    /// What the roster names, with the regions it gives.
    var roster: [String: String?] = [:]
    /// For each partition of `purge.acks`: everything that was stored in it before this moment has been read.
    ///
    /// Nothing is concluded from an agent's silence, or from its having been drained, but as of this moment: later words of it may be
    /// on their way to us.
    var acksReadTo: [Int32: Duration] = [:]
    /// Partitions of `purge.acks` for which that moment matters now; as of the last ``advance(to:)``.
    var partitionsToProve: Set<Int32> = []

    /// Records by slot; nil slots are free.
    var purges: [PurgeRecord?] = []
    var freeSlots: [Int] = []
    var slotByID: [PurgeID: Int] = [:]
    var partitions: [Int32: PartitionHistory] = [:]
    /// Slots of purges that are not confirmed.
    var open: Set<Int> = []
    /// Purges in the order they became known, for forgetting; may name purges that are forgotten already.
    var order: Deque<PurgeID> = []
    var eventBytes = 0
    /// Purges in the order they got their first detail, as `order`.
    var detailOrder: Deque<PurgeID> = []
    var detailCount = 0
    var early = EarlyResults()
    /// How long confirmations took.
    var times = ConfirmationTimes()
    /// Slots of purges that the history does not have as they are now.
    var unsaved: [Int] = []

    /// Whether `purge.acks` was read to its end once.
    ///
    /// Before that nobody knows who must apply a purge: nothing is confirmed.
    private(set) var knowsMembers = false
    /// Whether `purge.events` was read to its end once.
    private(set) var knowsPurges = false
    /// At most this many members are safe or drained though they have not applied a purge; as of the last ``advance(to:)``.
    var silentCount = 0
    /// Purges that became confirmed since ``takeConfirmed()``.
    var confirmed: [PurgeID] = []
    /// How long those took, where this process saw it; since ``takeSeenTimes()``.
    var seenTimes: [Duration] = []

    init(settings: Settings = Settings()) {
        self.settings = settings
    }

    /// The acknowledgements have been read to their end.
    mutating func acknowledgementsCaughtUp(at instant: CollectorInstant) {
        guard !knowsMembers else { return }
        knowsMembers = true
        doubtWords()
        countOutstanding()
        for slot in open.sorted() { confirmIfDone(slot, at: instant, isReplay: true) }
    }

    /// The purges have been read to their end.
    mutating func purgesCaughtUp() {
        knowsPurges = true
    }

    /// How long the purges took that this process saw become confirmed since the last call.
    mutating func takeSeenTimes() -> [Duration] {
        defer { seenTimes = [] }
        return seenTimes
    }

    /// The purges that became confirmed since the last call.
    mutating func takeConfirmed() -> [PurgeID] {
        let result = confirmed
        confirmed = []
        return result
    }
}
