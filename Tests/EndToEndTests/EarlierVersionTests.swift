import Foundation
import Kafka
import NIOHTTP1
import PurgeModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import EdgePurgeCommand

/// State directories that an earlier version wrote: the program of today goes on from them.
///
/// The files are the version's own, made by its own program over files that nginx wrote (`Resources/make-state`).
/// Unpacked they have other inode numbers and times, as after a copy of the machine, so the agent reads every file anew
/// once it may look. A link that it refuses keeps it from looking, until it has told what it found in its state.
@Suite(.timeLimit(.minutes(5))) struct EarlierVersionTests {
    @Test(arguments: ["0.1.0"])
    func `an agent goes on where an earlier version stopped`(version: String) async throws {
        let state = try await EarlierState(version: version)
        let cluster = try await state.cluster()
        defer { cluster.close() }
        let links = [state.cache, state.other].map { $0 + "/ab" }
        for link in links { try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/nowhere") }
        let socket = state.folder + "/admin.sock"
        try Self.configuration(state, cluster, socket: socket)
            .write(toFile: state.folder + "/agent.yaml", atomically: true, encoding: .utf8)
        try await Self.run(["agent", "--config", state.folder + "/agent.yaml"], log: state.folder + "/agent.log") {
            web in
            try await eventually("it says what keeps it; \(Self.log(state))") {
                try await web.admin(socket, "/v1/status")["problem"].text?.contains("symbolic link") == true
            }
            try await expectWhatWasTold(state, socket, web)
            for link in links { try FileManager.default.removeItem(atPath: link) }
            try await expectToGoOn(state, cluster, socket, web)
        }
    }

    /// Queue, offsets and fence are those that the version left.
    ///
    /// Its index is made anew: objects had fewer names and tags in it.
    private func expectWhatWasTold(_ state: EarlierState, _ socket: String, _ web: WebClient) async throws {
        let told = try state.told("status")
        let status = try await web.admin(socket, "/v1/status")
        #expect(status["database_rebuilds"].int == 0)
        #expect(status["queue_entries"] == told["queue_entries"])
        #expect(status["fence_reason"].text == "held")
        #expect(status["caches"].items.count == 2)
        // What the version did not tell yet, as the marks of partitions, does not count.
        let fields = ["partition", "queued", "applied", "applied_ranges", "high_watermark"]
        let progress = { (status: JSONValue) in status["partitions"].items.map { item in fields.map { item[$0] } } }
        try await eventually("it has read all of Kafka") {
            progress(try await web.admin(socket, "/v1/status")) == progress(told)
        }
        #expect(try await web.admin(socket, "/v1/status")["counts"]["flushes"].int == 0)
    }

    /// The flush and the queued purges are done, guards stand, and the rest is left as it was.
    private func expectToGoOn(
        _ state: EarlierState, _ cluster: MockCluster, _ socket: String, _ web: WebClient
    ) async throws {
        let queued = try state.told("status")["partitions"].items.first { ($0["queued"].int ?? 0) > 0 }.required
        var status = JSONValue.null
        try await eventually("it has caught up; \(status)") {
            status = try await web.admin(socket, "/v1/status")
            return status["queue_entries"].int == 0 && status["problem"] == .null
        }
        let partition = try status["partitions"].items.first { $0["partition"] == queued["partition"] }.required
        #expect(partition["queued"] == queued["queued"])
        #expect(partition["applied"] == queued["queued"])
        #expect(status["counts"]["purges"].int == 3, "nothing is applied twice")
        // What was queued was accepted too long ago to need any.
        #expect((status["guard"]["standing"].int ?? 0) >= 3, "those of before; \(status["guard"])")

        let cached = try EarlierState.files(in: state.cache)
        // Those without tags of their own are of the tour of `edge-purge dev`.
        for (key, files) in cached where key.contains("?tags=") {
            let isNamed = key.contains("tags=queued") || key.contains("tags=gone")
            for file in files { #expect(Self.isLive(file) != isNamed, "\(key)") }
        }
        let pages = ["/vary/kept", "/slice/kept", "/kept/1", "/queued/1", "/queued/www/1", "/gone/1", "/stale/1"]
        for page in pages { #expect(cached.keys.contains { $0.contains(page) }, "\(page) was not packed") }
        for (key, files) in cached where key.contains("/queued/www/") || key.contains("tags=stale") {
            for file in files { #expect(try Self.validUntil(file) < Int64(Date().timeIntervalSince1970), "\(key)") }
        }
        let flushed = try EarlierState.files(in: state.other)
        #expect(!flushed.isEmpty)
        for (key, files) in flushed { #expect(!files.contains(where: Self.isLive), "\(key) is not flushed") }

        try await expectGuard(cached, socket, web)
        try await expectPurge(state, cluster, socket, web)
        let verified = try await Program.run("verify", "--admin-socket", socket)
        #expect(verified.status == 0, "\(verified)")
    }

    /// An answer that was under way when the earlier version purged it goes when it lands.
    private func expectGuard(_ cached: [String: [String]], _ socket: String, _ web: WebClient) async throws {
        let file = try cached.first { $0.key.contains("/gone/1?") }?.value.first.required
        let path = try file.required
        var bytes = try Data(contentsOf: URL(filePath: path))
        #expect(bytes.first == 0)
        bytes[0] = 5
        try bytes.write(to: URL(filePath: path + ".0000000001"))
        let result = unsafe rename(path + ".0000000001", path)
        #expect(result == 0)
        try await eventually("the late fill is purged") { !Self.isLive(path) }
        try await eventually("it is told") {
            try await web.admin(socket, "/v1/status")["guard"]["removed_stale"].int ?? 0 > 0
        }
    }

    /// A new purge finds what was stored then.
    private func expectPurge(
        _ state: EarlierState, _ cluster: MockCluster, _ socket: String, _ web: WebClient
    ) async throws {
        let producer = try Producer(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers))
        var generator = SystemRandomNumberGenerator()
        let event = PurgeEvent(
            id: .random(using: &generator), zone: "test", scope: .all,
            selectors: Selectors(tags: [try CacheTag(validating: "kept-2"), try CacheTag(validating: "kept-slice")]),
            acceptedAt: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), source: "test")
        _ = try await producer.send(
            topic: state.about.topics.events, key: Array("test".utf8), value: PurgeEventCodec.encode(event))
        await producer.closeGracefully(flushing: .seconds(10))
        try await eventually("the new purge is applied") {
            try await web.admin(socket, "/v1/status")["counts"]["purges"].int == 4
        }
        for (key, files) in try EarlierState.files(in: state.cache) where key.contains("/kept") {
            let isNamed = key.contains("tags=kept,kept-2") || key.contains("tags=kept-slice")
            for file in files { #expect(Self.isLive(file) != isNamed, "\(key)") }
        }
    }

    @Test(arguments: ["0.1.0"])
    func `a control plane tells of each purge what an earlier version told`(version: String) async throws {
        let state = try await EarlierState(version: version)
        let cluster = try await state.cluster()
        defer { cluster.close() }
        let log = state.folder + "/control.log"
        try """
        state_directory: \(state.control)
        listen: {port: 0}
        zones: {file: \(state.folder)/told/zones.yaml}
        kafka: {bootstrap_servers: "\(cluster.bootstrapServers)", properties: {fetch.wait.max.ms: 10}}
        """.write(toFile: state.folder + "/control.yaml", atomically: true, encoding: .utf8)
        try await Self.run(["control", "--config", state.folder + "/control.yaml"], log: log) { web in
            var control = ""
            try await eventually("the control plane is ready") {
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                control = text.firstMatch(of: /port=(\d+)/).map { "http://127.0.0.1:\($0.1)" } ?? ""
                return (try? await web.json(.GET, control + "/readyz").status) == 200
            }
            for told in try state.purges() {
                let id = try told["id"].text.required
                let purge = try await web.json(.GET, "\(control)/v1/purges/\(id)").value
                // Times are kept in its own database, not in Kafka.
                for name in [
                    "state", "partition", "offset", "mode", "selectors", "scope", "accepted_at", "confirmed_at",
                    "removed",
                ] {
                    #expect(purge[name] == told[name], "\(name) of \(id)")
                }
                let shares = told["by_agent"].items.map { [$0["agent"], $0["applied_at"], $0["removed"]] }
                #expect(purge["by_agent"].items.map { [$0["agent"], $0["applied_at"], $0["removed"]] } == shares)
            }
        }
    }

    // MARK: Helpers

    private static func configuration(_ state: EarlierState, _ cluster: MockCluster, socket: String) throws -> String {
        let caches = [state.other, state.cache].map {
            "  - {path: \"\($0)\", cache_key: \"\(NginxConfiguration.cacheKeys[0])\"}"
        }
        return """
            agent: {id: edge-1, state_directory: "\(state.agent)", admin_socket: "\(socket)", state_reserve: 0}
            kafka: {bootstrap_servers: "\(cluster.bootstrapServers)", properties: {fetch.wait.max.ms: 10}}
            caches:
            \(caches.joined(separator: "\n"))
            fence: {file: "\(state.folder)/fence"}
            guard: {window: 1h}
            metrics: {port: 0}
            """
    }

    /// Runs `body` while the program runs.
    private static func run(
        _ arguments: [String], log: String, _ body: (WebClient) async throws -> Void
    ) async throws {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(30))]
        _ = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", "exec \"$@\" 2>\"$0\"", log, Program.path] + arguments),
            environment: Program.environmentWithoutKafka, platformOptions: options, input: .none, output: .discarded,
            error: .discarded
        ) { execution in
            do {
                try await WebClient.with(body)
            } catch {
                await execution.teardown(using: options.teardownSequence)
                throw error
            }
            await execution.teardown(using: options.teardownSequence)
        }
    }

    private static func log(_ state: EarlierState) -> String {
        (try? String(contentsOfFile: state.folder + "/agent.log", encoding: .utf8)) ?? ""
    }

    private static func isLive(_ file: String) -> Bool {
        FileManager.default.contents(atPath: file)?.first == 5
    }

    /// The time in a file's header until which it is fresh, in seconds since 1970.
    private static func validUntil(_ file: String) throws -> Int64 {
        try Data(contentsOf: URL(filePath: file)).dropFirst(8).prefix(8).reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
}
