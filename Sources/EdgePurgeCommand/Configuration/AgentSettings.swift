import EdgeAgent
import FoundationEssentials
import Kafka
import LinuxFiles
import Logging
import PurgeModel

/// Maps `agent.yaml` and its layers onto `AgentConfiguration`.
///
/// The keys are explained to operators in `config/agent.yaml`.
struct AgentSettings {
    /// What the agent runs with.
    var configuration: AgentConfiguration
    /// How much it logs.
    var logLevel: Logger.Level
    /// Every key with its value and where it comes from.
    var settings: [Setting]
    /// What works, and may not do what is meant.
    var warnings: [String]

    /// Where the agent keeps its state unless told otherwise.
    static let standardStateDirectory = "/var/lib/edge-purge"
    /// Where its admin socket is unless told otherwise.
    static let standardAdminSocket = standardStateDirectory + "/admin.sock"

    /// Reads all layers.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    static func load(
        path: String?,
        environment: [String: String],
        flags: [(key: String, value: String)]
    ) throws(ConfigurationProblems) -> AgentSettings {
        let reader = try SettingsReader(path: path, environment: environment, flags: flags)
        return try read(reader)
    }

    /// Reads every key there is.
    static func read(_ reader: SettingsReader) throws(ConfigurationProblems) -> AgentSettings {
        let agent = agentName(reader)
        let region = reader.optionalText("agent.region")
        let stateDirectory = absolutePath("agent.state_directory", default: standardStateDirectory, reader)
        // Only the defaults are read from this one.
        let builtIn = AgentConfiguration(
            agent: agent,
            stateDirectory: stateDirectory,
            kafka: KafkaConfiguration(bootstrapServers: "", clientID: "", properties: [:]),
            caches: []
        )
        let adminSocket = adminSocket(reader, default: builtIn.adminSocket)
        let kafka = KafkaSettings.kafka(reader)
        let topics = KafkaSettings.topics(reader)
        var configuration = AgentConfiguration(
            agent: agent,
            stateDirectory: stateDirectory,
            kafka: kafka,
            caches: CacheSettings.caches(reader)
        )
        configuration.region = region
        configuration.adminSocket = adminSocket
        configuration.stateReserveBytes = reader.byteSize(
            "agent.state_reserve", default: builtIn.stateReserveBytes, in: 0...(1 << 40))
        configuration.topics = topics
        readObjects(reader, into: &configuration, builtIn: builtIn)
        readPurging(reader, into: &configuration, builtIn: builtIn)
        configuration.fence = FenceSettings.agent(reader, default: builtIn.fence)
        configuration.ask = AskSettings.agent(reader, default: builtIn.ask)
        configuration.tier = TierSettings.agent(reader)
        configuration.metrics = MetricsSettings.agent(reader, default: builtIn.metrics)
        let logLevel = LogSettings.level(reader)
        try reader.finish()
        return AgentSettings(
            configuration: configuration, logLevel: logLevel, settings: reader.settings, warnings: reader.warnings)
    }

    private static func agentName(_ reader: SettingsReader) -> String {
        let name = reader.optionalText("agent.id") ?? ProcessInfo.processInfo.hostName
        if !NameRule.isPlain(name, lengthMax: 128) {
            reader.refuse("agent.id", value: name, allowed: "1 to 128 of A-Z a-z 0-9 . _ - (by default the host name)")
        }
        reader.resolve("agent.id", as: name)
        return name
    }

    private static func absolutePath(_ key: String, default builtIn: String, _ reader: SettingsReader) -> String {
        let path = reader.text(key, default: builtIn)
        if !path.hasPrefix("/") { reader.refuse(key, value: path, allowed: "an absolute path, such as \(builtIn)") }
        return path
    }

    private static func adminSocket(_ reader: SettingsReader, default builtIn: String) -> String {
        let given = reader.optionalText("agent.admin_socket")
        let path = given ?? builtIn
        // The limit is that of `sockaddr_un`, 108 bytes with the final zero (unix(7)). Whether the state directory,
        // where it is by default, is absolute has been checked already.
        if given?.hasPrefix("/") == false || path.utf8.count > 107 {
            reader.refuse("agent.admin_socket", value: path, allowed: "an absolute path of at most 107 bytes")
        }
        reader.resolve("agent.admin_socket", as: path)
        return path
    }

    /// What is known of stored objects: tags, URLs, and how files are noticed.
    private static func readObjects(
        _ reader: SettingsReader,
        into configuration: inout AgentConfiguration,
        builtIn: AgentConfiguration
    ) {
        func headers(_ key: String, _ separator: CacheTagHeaders.Separator) -> [CacheTagHeaders.Header] {
            let names = builtIn.tagHeaders.headers.filter { $0.separator == separator }.map(\.name)
            return reader.list(key, default: names).map { name in
                if !isFieldName(name) {
                    reader.refuse(key, value: name, allowed: "names of HTTP header fields, such as Cache-Tag")
                }
                return CacheTagHeaders.Header(name: name, separator: separator)
            }
        }
        configuration.tagHeaders = CacheTagHeaders(
            headers("tags.comma_headers", .comma) + headers("tags.space_headers", .space)
                + headers("tags.structured_headers", .structured),
            bytesMax: reader.byteSize(
                "tags.header_bytes", default: builtIn.tagHeaders.bytesMax, in: 1024...(1 << 20))
        )
        configuration.normalization = reader.choice(
            "urls.normalization",
            default: builtIn.normalization,
            URLNormalization.allCases.map { ($0.rawValue, $0) }
        )
        configuration.watcher = reader.choice(
            "files.watcher",
            default: builtIn.watcher,
            [("automatic", .automatic), ("fanotify", .fanotify), ("inotify", .inotify)]
        )
        configuration.fileThreads = reader.integer("files.threads", default: builtIn.fileThreads, in: 1...64)
        configuration.reclaim = reader.choice(
            "files.reclaim", default: builtIn.reclaim, ReclaimMode.allCases.map { ($0.rawValue, $0) })
        configuration.reclaimBelowPercent = reader.integer(
            "files.reclaim_below_percent", default: builtIn.reclaimBelowPercent, in: 1...99)
    }

    /// How purges are kept and applied.
    private static func readPurging(
        _ reader: SettingsReader,
        into configuration: inout AgentConfiguration,
        builtIn: AgentConfiguration
    ) {
        configuration.queueEntriesMax = reader.integer(
            "queue.entries_max",
            default: builtIn.queueEntriesMax,
            in: 100...100_000_000
        )
        configuration.missedPurges = reader.choice(
            "queue.missed_purges",
            default: builtIn.missedPurges,
            PurgeMode.allCases.map { ($0.rawValue, $0) }
        )
        configuration.replayWindow = reader.duration(
            "queue.replay_window",
            default: builtIn.replayWindow,
            in: .seconds(60) ... .seconds(86_400)
        )
        configuration.guardWindow = reader.duration(
            "guard.window",
            default: builtIn.guardWindow,
            in: .zero ... .seconds(86_400)
        )
        configuration.accessLog = reader.optionalText("guard.access_log")
        if let path = configuration.accessLog, !path.hasPrefix("/") {
            reader.refuse("guard.access_log", value: path, allowed: "an absolute path, as in nginx's access_log")
        }
        for (index, cache) in configuration.caches.enumerated()
        where cache.learnsNames && configuration.accessLog == nil {
            reader.refuse(
                "learn needs the access log, which tells what each key stands for: set guard.access_log",
                at: "caches.\(index).cache_key")
        }
        configuration.clockSkewMax = reader.duration(
            "guard.clock_skew_max",
            default: builtIn.clockSkewMax,
            in: .zero ... .seconds(86_400)
        )
        configuration.verifyInterval = reader.duration(
            "index.verify_interval",
            default: builtIn.verifyInterval,
            in: .zero ... .seconds(30 * 86_400)
        )
        configuration.blockCacheBytes = reader.byteSize(
            "index.block_cache",
            default: builtIn.blockCacheBytes,
            in: (1 << 20)...(64 << 30)
        )
    }

    /// A field name by RFC 9110 section 5.6.2.
    private static func isFieldName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
            }
    }
}
