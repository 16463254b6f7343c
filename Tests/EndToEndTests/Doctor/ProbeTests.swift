import Foundation
import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent
@testable import EdgePurgeCommand

/// What the doctor sees through real nginx: files, log and fence.
@Suite(.timeLimit(.minutes(5))) struct ProbeTests {
    private let folder: TemporaryDirectory
    private var path: String { folder.path }
    private var log: String { path + "/edge-purge.log" }
    private var fence: String { path + "/fence" }

    init() throws { folder = try TemporaryDirectory() }

    private func cache(_ key: String = "$scheme://$host$request_uri") -> CacheConfiguration {
        CacheConfiguration(path: path + "/cache", cacheKeys: [key])
    }

    private func agent(_ cache: CacheConfiguration) -> AgentConfiguration {
        var agent = AgentConfiguration(
            agent: "a", stateDirectory: path, kafka: KafkaConfiguration(bootstrapServers: ""), caches: [cache])
        agent.accessLog = log
        agent.fence.file = fence
        return agent
    }

    /// - Parameters:
    ///   - key: lines in the location.
    ///   - lines: others in the server.
    private func http(key: String = "proxy_cache_key $scheme://$host$request_uri;", _ lines: String) -> String {
        """
        map "" $edge_purge_key { volatile; default "$scheme://$host$request_uri"; }
        log_format edge_purge escape=default '\(NginxConfiguration.fetchLogFormat)';
        proxy_cache_path \(path)/cache levels=1:2 keys_zone=edge:1m;
        server {
            listen unix:\(RealNginx.socket(in: path));
            server_name shop.example;
            \(lines)
            location / { proxy_cache edge; \(key) proxy_pass http://unix:\(path)/origin.sock:; }
        }
        """
    }

    private func with(
        _ http: String, _ cache: CacheConfiguration, _ body: (RealNginx, [ProbePlace]) async throws -> Void
    ) async throws {
        try await TinyOrigin.with(.proxy, at: path + "/origin.sock") { _ in
            try await RealNginx.with(folder, http: http) { nginx in
                let dump = NginxDump(try await RealNginx.dump(path), name: "-")
                let places = ProbePlace.all(in: NginxCheck(dump, NginxExpectation(agent(cache))), [cache], limit: 8)
                #expect(places.map(\.host) == ["shop.example"])
                try await body(nginx, places)
            }
        }
    }

    private var usualLog: String { "access_log \(log) edge_purge;" }

    // MARK: The access log

    /// What a log is like, and what is seen of it.
    @Test(arguments: [
        ("access_log LOG edge_purge;", "$scheme://$host$request_uri", DoctorLevel.green, "with its key"),
        ("access_log LOG; ", "$scheme://$host$request_uri", .red, "does not understand"),
        ("access_log LOG edge_purge if=$arg_never;", "$scheme://$host$request_uri", .red, "no line"),
        ("access_log LOG edge_purge;", "$host|$request_uri", .red, "which fits no key"),
    ])
    func `a line in the log is there and right, or it is not`(
        _ lines: String, _ key: String, _ level: DoctorLevel, _ words: String
    ) async throws {
        try await with(http(lines.replacing("LOG", with: log)), cache(key)) { _, places in
            let check = AccessLogCheck(places: places, log: log, normalization: .cloudflare)
            let findings = await check.look()
            #expect(findings.map(\.level) == [level] && findings[0].seen.contains(words), "\(findings)")
        }
    }

    @Test func `nginx that does not run is told`() async throws {
        var places: [ProbePlace] = []
        try await with(http(usualLog), cache()) { _, found in places = found }
        let findings = await AccessLogCheck(places: places, log: log, normalization: .cloudflare).look()
        #expect(findings.map(\.level) == [.yellow] && findings[0].seen.contains("could not be asked"), "\(findings)")
    }

    // MARK: The fence

    private var snippet: String {
        """
        set $edge_purge_fenced "";
        if (-f \(fence)) { set $edge_purge_fenced 1; }
        proxy_cache_bypass $edge_purge_fenced;
        proxy_no_cache $edge_purge_fenced;
        """
    }

    private var live: AgentAnswer {
        AgentAnswer(agent: "a", instance: "1", status: "live", drained: false, watcher: "inotify")
    }

    @Test func `a fence that nginx sees is green, and is left to the agent`() async throws {
        try await with(http(usualLog + snippet), cache()) { _, places in
            let lifter = Task { [fence, log] in
                // As the agent does, some time later.
                while !Task.isCancelled {
                    if (try? String(contentsOfFile: log, encoding: .utf8))?.contains("|BYPASS|") == true {
                        try? FileManager.default.removeItem(atPath: fence)
                    }
                    try? await Task.sleep(for: .milliseconds(5))
                }
            }
            defer { lifter.cancel() }
            let findings = await FenceCheck(agent: agent(cache()), answer: live, places: places).look()
            #expect(findings.map(\.level) == [.green, .green], "\(findings)")
            #expect(!FileManager.default.fileExists(atPath: fence))
        }
    }

    @Test func `a fence that nginx does not see, and one that nobody lifts, are red`() async throws {
        try await with(http(usualLog), cache()) { _, places in
            var check = FenceCheck(agent: agent(cache()), answer: live, places: places)
            check.liftLimit = .milliseconds(1)
            let findings = await check.look()
            #expect(findings.map(\.level) == [.red, .red], "\(findings)")
            #expect(FileManager.default.fileExists(atPath: fence), "only the agent may lift it")
        }
    }

    @Test func `without an agent that is live no fence is set`() async throws {
        try await with(http(usualLog + snippet), cache()) { _, places in
            var catching = live
            catching.status = "catching_up"
            for answer in [nil, catching] {
                let findings = await FenceCheck(agent: agent(cache()), answer: answer, places: places).look()
                #expect(findings.map(\.level) == [.yellow], "\(findings)")
            }
            #expect(!FileManager.default.fileExists(atPath: fence))
        }
    }

    // MARK: Files

    @Test func `files that fit, files that do not, and hosts that are none`() async throws {
        try await with(http(usualLog), cache()) { nginx, _ in
            for number in 0..<5 { _ = try await nginx.answer("/page/\(number)") }
            func look(_ cache: CacheConfiguration, origins: Set<String> = []) async -> [DoctorFinding] {
                await CacheFilesCheck(
                    cache: cache, normalization: .cloudflare, origins: origins, file: "agent.yaml"
                ).look()
            }
            // nginx answers a moment before the file is there.
            try await eventually("all are stored") { await look(cache())[0].seen.hasPrefix("5 of 5") }
            #expect(await look(cache()).map(\.level) == [.green])
            let other = await look(cache("$host|$request_uri"))
            #expect(other.map(\.level) == [.red] && other[0].seen.contains("/page/"), "\(other)")
            #expect(await look(cache(), origins: ["shop.example"]).map(\.level) == [.green, .red])
            // Read so, the scheme is the host.
            let odd = await look(cache("$host://$http_x$request_uri"))
            #expect(odd.contains { $0.level == .red && $0.seen.contains("which is a scheme") }, "\(odd)")
            let gone = await look(CacheConfiguration(path: path + "/gone", cacheKeys: ["$host$uri"]))
            #expect(gone.map(\.level) == [.red])
        }
    }
}
