import Logging
import PurgeModel

/// What every part of ``FilesTarget`` works with; nothing in it changes.
struct FilesContext: Sendable {
    let index: Index
    let caches: CacheSet
    let queue: PurgeQueue
    let board: AgentStatusBoard
    let upkeep: Upkeep
    let settings: Settings
    let clock: any AgentClock
    let logger: Logger

    /// What nginx asks about; nil where it does not ask.
    var standing: StandingPurges? { queue.standing }

    /// What the parts need of the agent's configuration.
    struct Settings: Sendable {
        /// Longest time between an origin's answer being requested and stored.
        var guardWindow: Duration
        var clockSkewMax: Duration
        /// Threads for the files of one large purge.
        var fileThreads: Int
        /// nginx's access log with the times of fetches; nil where there is none.
        var accessLog: String?
        /// What is done to a cache that may have missed purges.
        var missedPurges: PurgeMode
        var replayWindow: Duration
        /// From one comparison of index and disk to the next; zero: none.
        var verifyInterval: Duration
    }

    var database: AgentDatabase { index.database }
    var now: ContinuousClock.Instant { clock.instant }
}
