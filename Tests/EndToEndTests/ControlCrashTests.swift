import Foundation
import Kafka
import NIOHTTP1
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import EdgePurgeCommand

/// The purges that were answered with 200.
private actor AcceptedIDs {
    private(set) var ids: [String] = []

    func add(_ id: String) { ids.append(id) }
}

/// `edge-purge control` as a process of its own, killed while it takes purges.
@Suite(.timeLimit(.minutes(5))) struct ControlCrashTests {
    private static let zones = """
        zones:
          - {id: 023e105f4ecef8ad9ca31a8372d0c353, name: shop.example, scope: [shop.example]}
        """

    /// Runs a control plane with an empty state directory until the body ends or kills it.
    private static func withControl(
        _ cluster: MockCluster,
        _ body: (_ url: String, _ web: WebClient, _ kill: () throws -> Void) async throws -> Void
    ) async throws {
        let directory = URL(fileURLWithPath: NSTemporaryDirectory() + "control-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let port = try await FreePorts.find(1)[0]
        try Data(Self.zones.utf8).write(to: directory.appendingPathComponent("zones.yaml"))
        let config = directory.appendingPathComponent("control.yaml")
        try Data(
            """
            state_directory: \(directory.path)/state
            listen: {port: \(port)}
            kafka: {bootstrap_servers: "\(cluster.bootstrapServers)"}
            log: {level: error}
            """.utf8
        ).write(to: config)
        _ = try await Subprocess.run(
            .path(FilePath(Program.path)), arguments: ["control", "--config", config.path],
            environment: Program.environmentWithoutKafka, input: .none, output: .discarded, error: .discarded
        ) { execution in
            let url = "http://127.0.0.1:\(port)"
            try await WebClient.with { web in
                try await eventually("the control plane is ready") {
                    let answer = try? await web.json(.GET, url + "/readyz")
                    return answer?.status == 200
                }
                try await body(url, web) { try execution.send(signal: .kill) }
            }
            try? execution.send(signal: .kill)
        }
    }

    @Test func `what was answered with 200 is in Kafka, however the control plane ends`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        for topic in ["purge.events", "purge.acks"] { try cluster.createTopic(topic, partitions: 4) }
        let accepted = AcceptedIDs()
        try await Self.withControl(cluster) { url, web, kill in
            await withTaskGroup(of: Void.self) { group in
                for sender in 0..<8 {
                    group.addTask {
                        // Ends when the server is gone.
                        while let answer = try? await web.json(
                            .POST, url + "/v1/purges",
                            #"{"zone":"shop.example","selectors":{"tags":["t\#(sender)"]}}"#), answer.status == 200
                        {
                            guard let id = answer.value["id"].text else { break }
                            await accepted.add(id)
                        }
                    }
                }
                try? await eventually("a hundred are accepted") { await accepted.ids.count >= 100 }
                try? kill()
            }
        }
        let ids = await accepted.ids
        #expect(ids.count >= 100)
        // A new one, with nothing on its disk, knows only what is in Kafka.
        try await Self.withControl(cluster) { url, web, _ in
            for id in ids {
                let status = try await web.json(.GET, url + "/v1/purges/\(id)").status
                #expect(status == 200, "purge \(id) is lost")
            }
        }
    }
}
