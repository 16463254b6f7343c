import Foundation
import Subprocess
import TestSupport
import Testing

/// Kills between the two writes that fence a machine: nginx looks for the fence only where it finds the marker.
@Suite(.timeLimit(.minutes(3)), .enabled(if: Strace.isPossible, "needs root and strace")) struct MarkerOrderTests {
    private let folder: TemporaryDirectory
    private let agent: String

    private var fence: String { folder.path + "/fence" }
    private var marker: String { folder.path + "/ask" }
    private var trace: String { folder.path + "/trace" }

    init() throws {
        folder = try TemporaryDirectory()
        agent = folder.path + "/agent.yaml"
        try FileManager.default.createDirectory(atPath: folder.path + "/cache", withIntermediateDirectories: true)
        try """
        agent: {id: edge-1, state_directory: \(folder.path)/state, admin_socket: \(folder.path)/admin.sock}
        kafka: {bootstrap_servers: "127.0.0.1:1"}
        caches: [{path: \(folder.path)/cache, cache_key: $scheme://$host$request_uri}]
        fence: {mode: cut_off, file: \(fence)}
        ask: {socket: \(folder.path)/ask.sock, marker: \(marker)}
        metrics: {enabled: false}
        """.write(toFile: agent, atomically: true, encoding: .utf8)
    }

    /// What strace is to look at, before the program and its arguments.
    private func tracing(_ more: [String] = []) -> [String] {
        ["-f", "-qq", "-o", trace, "-e", "trace=openat,unlinkat", "-P", fence, "-P", marker] + more + [Program.path]
    }

    @Test func `whenever systemd's command is killed, a fence that stands is seen`() async throws {
        let command = ["fence", "--at", "stop", "--config", agent]
        var (kills, isDone) = (0, false)
        for call in 1...20 {
            for file in [fence, marker] { try? FileManager.default.removeItem(atPath: file) }
            let kill = ["-e", "inject=openat:signal=SIGKILL:when=\(call)"]
            let outcome = try await Program.run("/usr/bin/strace", tracing(kill) + command, in: .inherit)
            let isThere = [fence, marker].map(FileManager.default.fileExists)
            #expect(!isThere[0] || isThere[1], "killed at call \(call)")
            guard outcome.status != 0 else {
                #expect(isThere == [true, true])
                isDone = true
                break
            }
            kills += 1
        }
        #expect(isDone && kills >= 2, "each of the two files is one")
    }

    @Test func `whenever an agent is killed that sets and lifts its fence, a fence that stands is seen`() async throws {
        // Held and let go by hand; the fence of cut_off never goes while Kafka is away.
        let text = try String(contentsOfFile: agent, encoding: .utf8).replacing("cut_off", with: "\"off\"")
        try text.write(toFile: agent, atomically: true, encoding: .utf8)
        let program = try RunningProgram(
            "/usr/bin/strace", tracing() + ["agent", "--config", agent], log: folder.path + "/agent.log")
        defer { program.stop() }
        for _ in 0..<3 {
            for command in ["fence", "unfence"] {
                try await eventually("the agent does it; \(program.errors)") {
                    try await Program.run(command, "--config", agent).status == 0
                }
                #expect(FileManager.default.fileExists(atPath: fence) == (command == "fence"))
            }
        }
        try await eventually("the marker goes too") { !FileManager.default.fileExists(atPath: marker) }
        let calls = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
        var standing: Set<String> = []
        var fences = 0
        for call in calls {
            guard let file = [fence, marker].first(where: { call.contains("\"\($0)\"") }) else { continue }
            if call.contains("unlinkat(") {
                standing.remove(file)
            } else if call.contains("O_CREAT"), standing.insert(file).inserted, file == fence {
                fences += 1
            }
            #expect(!standing.contains(fence) || standing.contains(marker), "killed after \(call)")
        }
        #expect(fences == 3)
    }
}
