import EdgeAgent
import Kafka
import PurgeModel
import Testing

@testable import EdgePurgeCommand

struct AgentSettingsTests {
    private static let smallest =
        "kafka: {bootstrap_servers: k:9092}\ncaches: [{path: /c, cache_key: $host$request_uri}]\n"

    private func load(_ yaml: String, environment: [String: String] = [:]) throws -> AgentSettings {
        try AgentSettings.read(
            SettingsReader(yaml: try FlatYAML(yaml: yaml, file: nil), fileName: nil, environment: environment)
        )
    }

    private func problems(_ yaml: String) throws -> [String] {
        do {
            _ = try load(yaml)
            return []
        } catch let error as ConfigurationProblems {
            return error.problems
        }
    }

    @Test func `brokers and one cache are enough`() throws {
        let configuration = try load(Self.smallest).configuration
        #expect(configuration.kafka.bootstrapServers == "k:9092")
        #expect(configuration.caches == [CacheConfiguration(path: "/c", cacheKeys: ["$host$request_uri"])])
        #expect(configuration.stateDirectory == "/var/lib/edge-purge")
        #expect(configuration.adminSocket == "/var/lib/edge-purge/admin.sock")
        #expect(!configuration.agent.isEmpty)
        #expect(configuration.region == nil)
    }

    @Test func `a cache has one key or several, one host or several, and variables that hold known texts`() throws {
        let yaml = """
            kafka: {bootstrap_servers: k:9092}
            caches:
              - path: /c
                cache_key: [$scheme$proxy_host$request_uri, $uri]
                host: [a.test, b.test]
                values: {mobile: ["", mobile], site: $host, m: x}
            """
        let cache = try #require(try load(yaml).configuration.caches.first)
        #expect(cache.cacheKeys == ["$scheme$proxy_host$request_uri", "$uri"])
        #expect(cache.hosts == ["a.test", "b.test"])
        #expect(cache.values == ["mobile": .oneOf(["", "mobile"]), "site": .same("host"), "m": .oneOf(["x"])])
    }

    @Test(arguments: ["$host$request_uri", "$host$uri$is_args$args", "$host|${document_uri}"])
    func `any key can be used with the access log`(key: String) throws {
        let yaml = "kafka: {bootstrap_servers: k:9092}\ncaches: [{path: /c, cache_key: \"\(key)\"}]\n"
        #expect(try problems(yaml + "guard: {access_log: /log}\n").isEmpty)
    }

    @Test func `every key reaches the configuration`() throws {
        let configuration = try load(
            """
            agent: {id: edge-7, region: fra1, state_directory: /s, state_reserve: 8MiB, admin_socket: /run/e.sock}
            kafka: {bootstrap_servers: k:1, client_id: me, properties: {client.rack: r1}}
            topics: {events: e, acks: a, dead_letters: d, tiers: t}
            caches:
              - {path: /c1, cache_key: "$scheme://$host$request_uri"}
              - {path: /c2, cache_key: $uri, host: one.test}
            tags: {comma_headers: [X-Tags], space_headers: [], structured_headers: [X-Groups], header_bytes: 8KiB}
            urls: {normalization: rfc3986}
            files: {watcher: inotify, threads: 5, reclaim: now, reclaim_below_percent: 25}
            queue: {entries_max: 500, missed_purges: invalidate}
            guard: {window: 90s, clock_skew_max: 0s}
            fence: {mode: cut_off, after: 5s, file: /run/f}
            index: {block_cache: 8MiB}
            log: {level: trace}
            """
        ).configuration
        #expect(configuration.agent == "edge-7")
        #expect(configuration.region == "fra1")
        #expect(configuration.fence == FenceConfiguration(mode: .cutOff, after: .seconds(5), file: "/run/f"))
        #expect(configuration.stateDirectory == "/s")
        #expect(configuration.stateReserveBytes == 8 << 20)
        #expect(configuration.adminSocket == "/run/e.sock")
        #expect(configuration.kafka.clientID == "me")
        #expect(configuration.kafka.properties == ["client.rack": "r1"])
        #expect(configuration.topics.all.map(\.name) == ["e", "a", "d", "t"])
        #expect(configuration.caches.map(\.hosts) == [[], ["one.test"]])
        #expect(configuration.tagHeaders.headers.map(\.name) == ["X-Tags", "X-Groups"])
        #expect(configuration.tagHeaders.headers.map(\.separator) == [.comma, .structured])
        #expect(configuration.tagHeaders.bytesMax == 8192)
        #expect(configuration.normalization == .rfc3986)
        #expect(configuration.fileThreads == 5)
        #expect(configuration.reclaim == .now)
        #expect(configuration.reclaimBelowPercent == 25)
        #expect(configuration.queueEntriesMax == 500)
        #expect(configuration.missedPurges == .invalidate)
        #expect(configuration.guardWindow == .seconds(90))
        #expect(configuration.clockSkewMax == .zero)
        #expect(configuration.blockCacheBytes == 8 << 20)
    }

    @Test(arguments: [
        ("caches: [{path: relative, cache_key: $host$request_uri}]", "absolute path"),
        ("caches: [{path: /c}]", "caches.0.cache_key is missing"),
        (
            "caches: [{path: /c, cache_key: $host$request_uri}, {path: /c, cache_key: $host$request_uri}]",
            "another cache"
        ),
        ("caches: [{path: /c, cache_key: $uri}]", "no $host"),
        ("caches: [{path: /c, cache_key: $host}]", "$request_uri"),
        ("caches: [{host: a, cache_key: $host$request_uri}]", "caches.0.path is missing"),
        ("caches: []", "caches is missing"),
        ("caches: [{path: /c, cache_key: $host$request_uri}]\nagent: {id: a b}", "1 to 128"),
        ("caches: [{path: /c, cache_key: $host$request_uri}]\nagent: {state_directory: here}", "absolute path"),
        ("caches: [{path: /c, cache_key: $host$request_uri}]\ntopics: {events: a/b}", "Kafka's rule"),
        ("caches: [{path: /c, cache_key: $host$request_uri}]\ntopics: {events: a, acks: a}", "four different"),
        ("caches: [{path: /c, cache_key: $host$request_uri}]\ntags: {comma_headers: [a b]}", "header fields"),
        ("caches: [{path: /c, cache_key: $host$request_uri}]\nlog: {level: loud}", "one of trace"),
    ])
    func `what cannot work is refused before anything starts`(yaml: String, reason: String) throws {
        let found = try problems("kafka: {bootstrap_servers: k:9092}\n" + yaml)
        #expect(found.count == 1)
        #expect(found.first?.contains(reason) == true, "\(found)")
    }

    /// Attack C26: somebody had purges in two topics, and was told only that a list, or a comma, is not allowed.
    @Test(arguments: ["[eqiad.purge, codfw.purge]", "[purge.events]", "\"eqiad.purge,codfw.purge\""])
    func `several topics of purges are refused with what to do instead`(topics: String) throws {
        for key in ["events", "acks", "dead_letters", "tiers"] {
            let found = try problems(Self.smallest + "topics: {\(key): \(topics)}")
            #expect(found.count == 1, "\(found)")
            #expect(found.first?.contains("topics.\(key)") == true, "\(found)")
            #expect(found.first?.contains("copy the other topics into it") == true, "\(found)")
        }
    }

    @Test func `topics that are one are refused with what they are`() throws {
        let found = try problems(Self.smallest + "topics: {events: one, acks: purge.acks, dead_letters: one}")
        #expect(found.count == 1)
        #expect(found.first?.contains(#""one", "purge.acks", "one", "purge.tiers""#) == true, "\(found)")
    }

    @Test func `a socket path that the system cannot take is refused`() throws {
        let long = "/" + String(repeating: "x", count: 107)
        #expect(try problems(Self.smallest + "agent: {admin_socket: \(long)}").count == 1)
        #expect(try problems(Self.smallest + "agent: {admin_socket: \(long.dropLast())}").isEmpty)
    }

    @Test(arguments: ["enable.auto.commit", "group.id", "bootstrap.servers", "client.id", "auto.offset.reset"])
    func `properties that the program depends on cannot be set`(name: String) throws {
        let yaml =
            "kafka: {bootstrap_servers: k:9092, properties: {\(name): x}}\ncaches: [{path: /c, cache_key: "
            + "$host$request_uri}]"
        let found = try problems(yaml)
        #expect(found.count == 1)
        #expect(found.first?.contains("kafka.properties.\(name)") == true)
    }

    @Test func `secrets are never shown`() throws {
        let settings = try load(
            Self.smallest,
            environment: [
                "KAFKA_PROPERTIES_SASL_PASSWORD": "hunter2", "KAFKA_PROPERTIES_SSL_KEY_PASSWORD": "hunter2",
                "KAFKA_PROPERTIES_SSL_KEY_PEM": "hunter2",
                "KAFKA_PROPERTIES_SASL_OAUTHBEARER_CONFIG": "hunter2",
                "KAFKA_PROPERTIES_SSL_KEYSTORE_PASSWORD": "hunter2",
                "KAFKA_PROPERTIES_SASL_USERNAME": "me",
            ]
        )
        #expect(settings.configuration.kafka.properties["sasl.password"] == "hunter2")
        // Not every build of librdkafka takes this one.
        #expect(KafkaSettings.isSecret("sasl.oauthbearer.client.secret"))
        let table = ConfigCheckCommand.table(settings.settings)
        #expect(!table.contains("hunter2"))
        #expect(table.contains("me"))
        #expect(!(try ConfigCheckCommand.json(settings.settings)).contains("hunter2"))
    }
}
