import ControlPlane
import EdgeAgent
import FoundationEssentials
import Kafka
import PurgeModel
import Testing

@testable import EdgePurgeCommand

struct DevConfigurationFilesTests {
    private let cache = DevCache(agent: "edge-2", directory: "/tmp/with space \"and\" quotes", port: 8080)

    private func reader(_ text: String) throws -> SettingsReader {
        SettingsReader(yaml: try FlatYAML(yaml: text, file: nil), fileName: nil, environment: [:])
    }

    @Test(arguments: [true, false])
    func `what is written is what agents and control plane read`(isEmbedded: Bool) throws {
        let files = DevConfigurationFiles(
            bootstrapServers: "k1:1,k2:2",
            topicPrefix: "purge-dev-1",
            isEmbedded: isEmbedded,
            logLevel: "debug"
        )
        let agent = try AgentSettings.read(reader(files.agent(cache))).configuration
        #expect(agent.agent == "edge-2")
        #expect(agent.caches.map(\.path) == [cache.cachePath])
        #expect(agent.adminSocket == cache.adminSocket)
        #expect(agent.kafka.bootstrapServers == "k1:1,k2:2")
        #expect(agent.kafka.properties["fetch.wait.max.ms"] == (isEmbedded ? "5" : nil))
        #expect(agent.fence.mode == .start && agent.fence.file == cache.fenceFile)
        #expect(agent.topics.all.map(\.name) == TopicNames(prefix: "purge-dev-1").all.map(\.name))

        let control = try ControlSettings.read(reader(files.control(port: 7481, stateDirectory: "/tmp/dev state"))) {
            file throws(ConfigurationProblems) in
            #expect(file == "zones.yaml")
            return try ZoneSettings.table([], file: nil)
        }
        #expect(control.configuration.port == 7481)
        #expect(control.configuration.stateDirectory == "/tmp/dev state")
        let zones = try ZoneSettings.read(reader(files.zones), file: nil)
        #expect(zones.zone(id: DevZone.id)?.name == DevZone.name)
    }

    @Test func `the agent can take apart the keys that nginx writes`() throws {
        let template = try CacheKeyTemplate(NginxConfiguration.cacheKeys[0])
        let plain = template.parse(ArraySlice("http://shop.example/products/1?a=b".utf8), .cloudflare)
        #expect(plain?.hosts == [Array("shop.example".utf8)])
        #expect(plain?.targets == [Array("/products/1?a=b".utf8)])
        #expect(plain?.isSlice == false)
        let slice = template.parse(ArraySlice("http://shop.example/slice/filmbytes=0-1048575".utf8), .cloudflare)
        #expect(slice?.targets.contains(Array("/slice/film".utf8)) == true)
        #expect(slice?.isSlice == true)
    }

    @Test func `nginx runs as root only when started by root, and writes nothing outside of its directory`() {
        let cache = DevCache(agent: "edge-1", directory: "/tmp/dev/edge-1", port: 8080)
        let asRoot = NginxConfiguration.text(cache: cache, upstreams: [1], isRoot: true)
        let asUser = NginxConfiguration.text(cache: cache, upstreams: [1], isRoot: false)
        #expect(asRoot.contains("user root;"))
        #expect(!asUser.contains("user "))
        for name in ["pid", "error_log", "access_log", "client_body_temp_path", "proxy_temp_path", "proxy_cache_path"] {
            #expect(asUser.contains("\(name) /tmp/dev/edge-1/"), "\(name)")
        }
    }

    @Test func `the fence of the development caches is the one in deploy`() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try String(contentsOfFile: "/\(folder)/deploy/nginx/edge-purge-fence.conf", encoding: .utf8)
        let directives = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(directives == NginxConfiguration.fenceSnippet(file: "/run/edge-purge/fence").split(separator: "\n"))
        let cache = DevCache(agent: "edge-1", directory: "/tmp/dev/edge-1", port: 8080)
        let nginx = NginxConfiguration.text(cache: cache, upstreams: [1], isRoot: false)
        #expect(nginx.contains("if (-f \(cache.fenceFile))"))
    }

    @Test func `what makes the development caches ask is the file in deploy`() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try String(contentsOfFile: "/\(folder)/deploy/nginx/edge-purge-ask.conf", encoding: .utf8)
        let directives = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let snippet = NginxConfiguration.askSnippet(fence: "/run/edge-purge/fence", marker: "/run/edge-purge/ask")
        #expect(directives == snippet.split(separator: "\n"))
        let http = try String(contentsOfFile: "/\(folder)/deploy/nginx/edge-purge.conf", encoding: .utf8)
        #expect(http.contains(NginxConfiguration.askUpstream(socket: "/run/edge-purge/ask.sock")))
    }

    @Test func `children do not inherit variables that would change their configuration`() {
        let environment = [
            "PATH": "/bin", "AGENT_ID": "x", "LISTEN_PORT": "1", "KAFKA_PROPERTIES_SASL_PASSWORD": "p",
            "CACHES_0_PATH": "/x", "KAFKA_BOOTSTRAP_SERVERS": "x:1",
        ]
        #expect(
            DevEnvironmentVariables.forChildren(environment).keys.sorted() == [
                "KAFKA_PROPERTIES_SASL_PASSWORD", "PATH",
            ]
        )
    }
}
