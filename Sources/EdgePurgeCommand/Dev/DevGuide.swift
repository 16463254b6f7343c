import FoundationEssentials

/// What the development environment tells the person at the terminal: where everything is, and what to try.
struct DevGuide {
    /// Where everything is.
    var environment: DevEnvironment
    private let style = Style.output

    /// Creates the guide.
    init(environment: DevEnvironment) {
        self.environment = environment
    }

    /// Where everything is.
    var overview: String {
        let kind = environment.isEmbedded ? "embedded" : "from KAFKA_BOOTSTRAP_SERVERS"
        let prefix = environment.topicPrefix
        var lines = [
            style.strong("EdgePurge, all on this machine"),
            "  dashboard      \(style.command("\(environment.control)/"))",
            "  control plane  \(environment.control)   zone \(DevZone.name), id \(DevZone.id)",
            "  Kafka          \(environment.bootstrapServers) (\(kind))   "
                + "topics \(prefix).events, .acks, .dead_letters, .tiers",
            "  origin         \(environment.origin)",
        ]
        for cache in environment.caches { lines.append("  nginx \(cache.agent)   \(cache.url)") }
        lines.append("  files          \(environment.directory)")
        return lines.joined(separator: "\n")
    }

    /// Commands to type, each exactly as it works.
    var whatToTry: String {
        guard let cache = environment.caches.first else { return "" }
        let page = "curl -si -H 'Host: \(DevZone.name)' \(cache.url)/products/2"
        let api = "\(environment.control)/client/v4/zones/\(DevZone.id)/purge_cache"
        let event =
            #"{"id":"'$(openssl rand -hex 16)'","zone":"\#(DevZone.id)","scope":["\#(DevZone.name)"],"#
            + #""selectors":{"tags":["products"]},"mode":"delete","#
            + #""accepted_at":"'$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)'","source":"kcat"}"#
        let kcat =
            "echo '\(event)' |\n      kcat -P -b \(environment.bootstrapServers) "
            + "-t \(environment.topicPrefix).events -k \(DevZone.id) -X partitioner=murmur2_random"
        return """

            \(style.strong("Try next")) (in another terminal; everything here ends with Ctrl-C)
              \(style.faint("# a page of the first cache: see X-Cache-Status and X-Version"))
                  \(style.command(page))
              \(style.faint("# a new version at the origin"))
                  \(style.command("curl -s -X POST '\(environment.origin)/_origin/bump?path=/products/2'"))
              \(style.faint("# purge through the HTTP API (any Cloudflare client works) and wait for the confirmation"))
                  \(style.command("curl -s \(api) -d '{\"tags\":[\"product-2\"]}'"))
                  \(style.command("curl -s '\(environment.control)/v1/purges/ID?wait=10s'"))
              \(style.faint("# the same with this program"))
                  \(style.command("export \(Self.path)\(ControlClient.variable)=\(environment.control)"))
                  \(style.command("edge-purge purge --tag product-2 --wait"))
                  \(style.command("edge-purge purge --prefix \(DevZone.name)/products --invalidate --wait"))
              \(style.faint("# produce a purge straight to Kafka"))
                  \(style.command(kcat))
              \(style.faint("# who is there, who lags, what would a purge remove here"))
                  \(style.command("edge-purge watch"))
                  \(style.command("edge-purge index find --tag products --admin-socket \(cache.adminSocket)"))
            """
    }

    /// What makes a shell find this program, where it does not already.
    private static var path: String {
        guard let own = try? ProgramFinder.own(), let slash = own.lastIndex(of: "/") else { return "" }
        let folder = own[..<slash]
        let known = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return known.contains(folder) ? "" : "PATH=\"\(folder):$PATH\" "
    }
}
