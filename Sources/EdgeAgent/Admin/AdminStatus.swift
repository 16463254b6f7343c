import Hummingbird
import LinuxFiles
import PurgeModel

/// What `GET /v1/status` answers.
struct AdminStatus: ResponseEncodable {
    struct Cache: Encodable {
        var path: String
    }

    var agent: String
    var instance: String
    var software: String
    var status: AgentStatus
    var problem: String?
    var fence: FenceMode
    var fenceReason: FenceReason?
    var drained: Bool
    var watcher: String
    var caches: [Cache]
    /// Where the caches stand among caches that fill from each other.
    var tier: AgentTier?
    var partitions: [PartitionProgress]
    var queueEntries: Int
    var counts: AcknowledgementCounts
    var guarding: GuardStatus
    var unreadTags: TagLossStatus
    /// The bytes of deleted files.
    var space: SpaceStatus
    /// What the last look at the files of each cache has found.
    var census: [CensusStatus]
    /// By how many milliseconds the clock of this machine is ahead; nil: nobody knows.
    var clockAhead: Int64?
    /// How often this process had to make the database anew.
    var databaseRebuilds: Int

    enum CodingKeys: String, CodingKey {
        case agent, instance, software, status, problem, fence, drained, watcher, caches, partitions, counts, space,
            tier, census
        case fenceReason = "fence_reason"
        case queueEntries = "queue_entries"
        case guarding = "guard"
        case unreadTags = "unread_tags"
        case clockAhead = "clock_ahead_ms"
        case databaseRebuilds = "database_rebuilds"
    }

    init(_ reporter: AgentReporter, _ caches: CacheSet) {
        let state = reporter.acknowledgement()
        agent = state.agent
        instance = state.instance
        software = state.software
        status = state.status
        problem = state.problem
        fence = state.fence
        fenceReason = reporter.fence().reason
        drained = state.drained
        watcher = caches.watcherKind?.rawValue ?? "none"
        self.caches = caches.paths.map { Cache(path: $0) }
        tier = state.tier
        partitions = state.partitions
        queueEntries = reporter.queue.count
        counts = state.counts
        guarding = reporter.board.guardStatus
        unreadTags = reporter.board.tagLoss
        space = reporter.board.space
        census = reporter.board.censuses
        clockAhead = reporter.board.clock?.ahead.wholeMilliseconds
        databaseRebuilds = reporter.board.rebuilds
    }
}
