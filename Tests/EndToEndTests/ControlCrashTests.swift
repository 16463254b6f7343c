import Foundation
import Kafka
import NIOHTTP1
import TestSupport
import Testing

/// The purges that were answered with 200.
private actor AcceptedIDs {
    private(set) var ids: [String] = []

    func add(_ id: String) { ids.append(id) }
}

/// `edge-purge control` as a process of its own, killed while it takes purges.
@Suite(.timeLimit(.minutes(5))) struct ControlCrashTests {
    @Test func `what was answered with 200 is in Kafka, however the control plane ends`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        for topic in ["purge.events", "purge.acks"] { try cluster.createTopic(topic, partitions: 4) }
        let accepted = AcceptedIDs()
        try await OwnControlPlane.run(cluster) { control in
            let (url, web) = (control.url, control.web)
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
                kill(control.process, SIGKILL)
            }
        }
        let ids = await accepted.ids
        #expect(ids.count >= 100)
        // A new one, with nothing on its disk, knows only what is in Kafka.
        try await OwnControlPlane.run(cluster) { control in
            for id in ids {
                let status = try await control.web.json(.GET, control.url + "/v1/purges/\(id)").status
                #expect(status == 200, "purge \(id) is lost")
            }
        }
    }
}
