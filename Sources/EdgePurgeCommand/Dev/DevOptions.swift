import EdgeAgent

/// What the person who starts the development environment decides.
struct DevOptions: Sendable {
    /// Number of caches, each an nginx with an agent.
    var caches = 3
    /// End after the tour.
    var isOnce = false
    /// Where the JSON that describes everything is written once all is up.
    var readyFile: String?
    /// Where everything is kept; nil: a new directory below the system's temporary one.
    ///
    /// A given directory is not removed.
    var directory: String?
    /// Port of the control plane; nil: a free one.
    var controlPort: Int?
    /// Port of the origin; nil: a free one.
    var originPort: Int?
    /// Port of the first nginx, the others follow; nil: free ones.
    var firstCachePort: Int?
    /// Brokers of a real cluster; nil: the embedded one.
    var bootstrapServers: String?
    /// What the topics' names begin with; nil: `purge` on the embedded cluster, a unique name on a real one.
    var topicPrefix: String?
    /// When agents fence their caches; the file's place is the environment's.
    var fence = FenceConfiguration()
    /// Until when nginx asks; nil: it does not.
    var ask: AskConfiguration.Span?
    /// Whether the caches fill from shields.
    var hasTiers = false
    /// `log.level` of agents and control plane.
    var logLevel = "info"
}
