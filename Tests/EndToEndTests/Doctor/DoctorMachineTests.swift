import ControlPlane
import Foundation
import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent
@testable import EdgePurgeCommand

/// What the doctor sees of the machine: directories, users, room, limits, tokens, certificates.
@Suite struct DoctorMachineTests {
    private let folder: TemporaryDirectory
    private var path: String { folder.path }

    init() throws { folder = try TemporaryDirectory() }

    private func make(_ name: String, _ mode: Int, directory: Bool = false) throws -> String {
        let file = "\(path)/\(name)"
        if directory {
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
        } else {
            _ = FileManager.default.createFile(atPath: file, contents: nil)
        }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    @Test func `a directory is there or not`() async throws {
        func look(_ path: String) async -> [DoctorLevel] {
            await CacheDirectoryCheck(path: path, nginxPIDFile: nil, agentFile: "/nowhere.yaml").look().map(\.level)
        }
        #expect(await look(path) == [.green])
        #expect(await look(path + "/gone") == [.red])
    }

    /// Attack: the agent had been started before the cache's disk was mounted, in a mount namespace of its own.
    @Test(.enabled(if: SmallVolume.isPossible, "needs root"))
    func `nginx with another directory under the same path is red`() async throws {
        let cache = try make("cache", 0o755, directory: true)
        let pid = path + "/nginx.pid"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = [
            "--mount", "sh", "-c", "mount -t tmpfs none \(cache) && echo $$ >\(pid) && exec sleep 600",
        ]
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        try await eventually("it has mounted something") {
            (try? String(contentsOfFile: pid, encoding: .utf8))?.hasSuffix("\n") == true
        }
        let findings = await CacheDirectoryCheck(path: cache, nginxPIDFile: pid, agentFile: "/nowhere.yaml").look()
        #expect(findings.map(\.level) == [.red] && findings[0].seen.contains("another directory"), "\(findings)")
    }

    @Test func `a user may go where owner, group and mode let it`() throws {
        let open = try make("open", 0o644)
        _ = try make("closed", 0o700, directory: true)
        let closed = try make("closed/file", 0o644)
        let other = Account(name: "nobody-here", groups: [])
        #expect(other.obstacle(.read, open) == nil)
        #expect(other.obstacle(.write, open) == open)
        #expect(other.obstacle(.search, closed) == path + "/closed")
        #expect(Account(name: "root", groups: []).obstacle(.write, closed) == nil)
    }

    @Test func `permissions of agent and nginx`() async throws {
        let cache = try make("cache", 0o700, directory: true)
        var agent = AgentConfiguration(
            agent: "a", stateDirectory: path, kafka: KafkaConfiguration(bootstrapServers: ""),
            caches: [CacheConfiguration(path: cache, cacheKeys: ["$host$uri"])])
        let run = try make("run", 0o700, directory: true)
        agent.fence.file = run + "/fence"
        let owner = try #require(Account.owner(of: path))
        let good = PermissionsCheck(agent: agent, nginxUser: owner)
        #expect(await good.look().map(\.level) == [.green])
        let other = Account(name: "nobody-here", groups: [])
        let of = Account(name: owner, groups: [])
        #expect(good.ofAgent(other).map(\.level) == [.red])
        // The agent of another user, and a fence that nginx cannot see.
        #expect(good.ofNginx(other, agent: Account(name: "agent", groups: [])).map(\.level) == [.red, .red])
        #expect(good.ofNginx(of, agent: of).isEmpty)
        agent.accessLog = path + "/no.log"
        #expect(PermissionsCheck(agent: agent, nginxUser: nil).ofAgent(of).map(\.level) == [.yellow])
        agent.stateDirectory = path + "/gone"
        #expect(await PermissionsCheck(agent: agent, nginxUser: nil).look().map(\.level) == [.red])
    }

    @Test(arguments: [
        ("100", 4113, DoctorLevel.red), ("5000", 4113, .yellow), ("65536", 4113, .green), ("", 1, .yellow),
    ])
    func `watches`(_ limit: String, _ directories: Int, _ level: DoctorLevel) async throws {
        if !limit.isEmpty {
            try limit.write(toFile: path + "/max_user_watches", atomically: true, encoding: .utf8)
        }
        let check = WatchLimitCheck(watcher: "inotify", directories: directories, folder: path)
        #expect(await check.look().map(\.level) == [level])
        let fanotify = WatchLimitCheck(watcher: "fanotify", directories: directories, folder: path)
        #expect(await fanotify.look().map(\.level) == [.green])
    }

    @Test func `nginx makes as many directories as its levels say`() {
        #expect(WatchLimitCheck.directories(levels: "1:2") == 4113)
        #expect(WatchLimitCheck.directories(levels: "2:2:2") == 1 + 256 + 65_536 + 16_777_216)
        #expect(WatchLimitCheck.directories(levels: nil) == 1)
    }

    @Test func `room`() async {
        let check = DiskSpaceCheck(path: path, reserveBytes: 100)
        #expect(check.finding(freeBytes: 99, totalBytes: 1000).level == .red)
        #expect(check.finding(freeBytes: 199, totalBytes: 1000).level == .yellow)
        #expect(check.finding(freeBytes: 1000, totalBytes: 100_000).level == .yellow)
        #expect(check.finding(freeBytes: 50_000, totalBytes: 100_000).level == .green)
        #expect(await DiskSpaceCheck(path: path + "/gone", reserveBytes: 1).look().map(\.level) == [.yellow])
    }

    @Test func `a certificate is good, near its end, or of another key`() async throws {
        let files = TLSFiles(certificate: path + "/cert.pem", key: path + "/key.pem")
        func look(_ files: TLSFiles) async -> [DoctorLevel] { await CertificateCheck(files: files).look().map(\.level) }
        #expect(await look(files) == [.red])
        try await SelfSignedCertificate.make(certificate: files.certificate, key: files.key)
        // It is made for two days.
        #expect(await look(files) == [.yellow])
        let other = path + "/other.pem"
        try await SelfSignedCertificate.make(certificate: path + "/unused.pem", key: other)
        #expect(await look(TLSFiles(certificate: files.certificate, key: other)) == [.red])
    }

    @Test func `tokens are there, for nobody else, and not all expired`() async throws {
        let configuration = path + "/control.yaml"
        try "state_directory: \(path)/state\nkafka: {bootstrap_servers: a:1}\n"
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        let check = TokensCheck(file: path + "/state/tokens.yaml", configuration: configuration)
        #expect(await check.look().map(\.level) == [.yellow])
        let made = try await Program.run(
            ["token", "create", "ci", "--permission", "admin", "--config", configuration])
        #expect(made.status == 0, "\(made)")
        #expect(await check.look().map(\.level) == [.green])
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: check.file)
        #expect(await check.look().map(\.level) == [.red])
        try "tokens: x".write(toFile: check.file, atomically: true, encoding: .utf8)
        #expect(await check.look().map(\.level) == [.red])
    }

    @Test func `agents that are missing are red, and nobody at the address too`() async throws {
        let check = ControlServerCheck(client: try ControlClient(address: "http://127.0.0.1:1"))
        #expect(await check.look().map(\.level) == [.red])
        let live = AgentList.Agent(agent: "a", status: "live", silenceMs: 10)
        #expect(check.findings(AgentList(agents: [live])).map(\.level) == [.green])
        let list = AgentList(
            agents: [
                live, AgentList.Agent(agent: "b", status: "live", silenceMs: 60_000),
                AgentList.Agent(agent: "c", status: "live", silenceMs: 10, conflicted: true),
                AgentList.Agent(agent: "d", status: "catching_up", silenceMs: 10),
            ], problem: "topic")
        #expect(check.findings(list).map(\.level) == [.red, .red, .red, .yellow])
    }

    @Test func `what the agent and its index say`() {
        var answer = AgentAnswer(agent: "a", instance: "1", status: "live", drained: false, watcher: "none")
        #expect(AgentCheck.finding(answer).level == .green)
        answer.fenceReason = "held"
        #expect(AgentCheck.finding(answer).remedy == "edge-purge unfence")
        answer.problem = "no disk"
        #expect(AgentCheck.finding(answer).level == .red)
        let index = IndexStatistics(
            objects: 10, bytes: 1, hosts: 1, tags: 0, diskBytes: 0, memoryBytes: 0, skippedFiles: [:], unmatched: 3,
            otherHosts: nil, otherHostExample: nil)
        #expect(AgentCheck.findings(index).map(\.level) == [.yellow])
    }

    @Test func `nobody at the ask socket is red`() async {
        #expect(await AskSocketCheck(socket: path + "/ask.sock").look().map(\.level) == [.red])
    }
}
