import EdgeAgent

/// One cache of the development environment: an nginx and its agent.
struct DevCache: Sendable {
    /// The agent's name: `edge-1`.
    var agent: String
    /// Where this cache keeps everything.
    var directory: String
    /// nginx's port on 127.0.0.1.
    var port: Int
    /// `proxy_cache_key`.
    var cacheKey = NginxConfiguration.cacheKeys[0]

    /// Until when nginx asks the agent; nil: it does not ask.
    var ask: AskConfiguration.Span?

    /// Where it stands among caches that fill from each other.
    var tier = TierConfiguration()

    /// What a visitor asks.
    var url: String { "http://127.0.0.1:\(port)" }
    /// The directory of `proxy_cache_path`.
    var cachePath: String { directory + "/cache" }
    /// The agent's admin socket.
    var adminSocket: String { directory + "/admin.sock" }
    /// The file whose presence fences the cache.
    var fenceFile: String { directory + "/fence" }
    /// The socket that nginx asks on.
    var askSocket: String { directory + "/ask.sock" }
    /// The file that makes nginx ask.
    var askMarker: String { directory + "/ask" }
    /// The agent's configuration file.
    var agentConfiguration: String { directory + "/agent.yaml" }
    /// nginx's configuration file.
    var nginxConfiguration: String { directory + "/nginx.conf" }
    /// nginx's access log for the agent.
    var fetchLog: String { directory + "/edge-purge.log" }
    /// nginx's access log for people.
    var accessLog: String { directory + "/access.log" }
}
