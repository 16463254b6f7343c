import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// `/v1/purges/{id}/progress` on real connections, with clients that are slow, or gone.
@Suite(.timeLimit(.minutes(2))) struct ProgressStreamTests {
    /// An API that knows one purge, and agents that have not applied it.
    private struct Bench {
        let api: TestAPI
        let event: PurgeEvent
        let agents: [String]
        /// Kept for the certificate.
        private let directory: TemporaryDirectory
        let tls: TLSFiles?

        /// - Parameter isLong: each answer has 100 KB, so that few of them fill all buffers on the way.
        init(agents count: Int, isEncrypted: Bool = false, isLong: Bool = false) async throws {
            api = try TestAPI()
            var event = try Samples.event(5)
            if isLong {
                event.selectors.tags = try (10..<110).map {
                    try CacheTag(validating: "\($0)" + String(repeating: "x", count: 1000))
                }
            }
            self.event = event
            let agents = (0..<count).map { "edge-\($0)" }
            self.agents = agents
            directory = try TemporaryDirectory()
            let files = TLSFiles(certificate: directory.path + "/cert.pem", key: directory.path + "/key.pem")
            if isEncrypted {
                try await SelfSignedCertificate.make(certificate: files.certificate, key: files.key)
            }
            tls = isEncrypted ? files : nil
            api.ledger.update { [event] state, now in
                for agent in agents { state.receive(Samples.acknowledgement(agent), now: now) }
                state.purgesCaughtUp()
                state.acknowledgementsCaughtUp(at: now)
                state.receive(event, bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: now)
            }
        }

        var path: String { "/v1/purges/\(event.id)/progress" }
        var held: Int { api.held.count }

        func applied(by agent: String) {
            api.ledger.update { state, now in
                state.receive(Samples.acknowledgement(agent, applied: [0: 1]), now: now)
            }
        }

        /// Waits until so many requests are held.
        func holds(_ count: Int) async throws {
            try await eventually("\(count) requests are held") { held == count }
        }
    }

    @Test(arguments: [false, true])
    func `each step is told on a real connection, which ends after the last one`(isEncrypted: Bool) async throws {
        let bench = try await Bench(agents: 3, isEncrypted: isEncrypted)
        try await bench.api.serve(tls: bench.tls) { port in
            try await StreamClient.open([bench.path], port: port, trusting: bench.tls) { client in
                var told: [String] = []
                while let event = try await client.nextEvent() {
                    #expect(event.data.contains(#""applied":\#(told.count)"#), "\(event.data)")
                    if told.count < bench.agents.count { bench.applied(by: bench.agents[told.count]) }
                    told.append(event.name)
                }
                #expect(told == ["progress", "progress", "progress", "confirmed"])
                #expect(client.text.hasSuffix("0\r\n\r\n"), "the answer is whole: \(client.text)")
            }
            try await bench.holds(0)
        }
    }

    @Test(arguments: [false, true])
    func `clients that go away leave nothing behind`(isEncrypted: Bool) async throws {
        let bench = try await Bench(agents: 2, isEncrypted: isEncrypted)
        try await bench.api.serve(tls: bench.tls) { port in
            // Nothing happens to the purge, so nothing is sent that could fail.
            for _ in 0..<3 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<10 {
                        group.addTask {
                            try await StreamClient.open([bench.path], port: port, trusting: bench.tls) { client in
                                _ = try await client.nextEvent()
                                // Cancelled when all are there.
                                await client.readToEnd()
                            }
                        }
                    }
                    try await bench.holds(10)
                    group.cancelAll()
                }
                try await bench.holds(0)
                #expect(bench.api.ledger.waiterCount == 0)
            }
        }
    }

    @Test func `as many are held as one may have, and the others are told so`() async throws {
        let bench = try await Bench(agents: 2)
        try await bench.api.serve({ $0.connectionsMax = 16 }) { port in
            let asking = "/v1/purges/\(bench.event.id)?wait=60s"
            try await StreamClient.open([bench.path], port: port) { _ in
                try await StreamClient.open([bench.path], port: port) { _ in
                    try await StreamClient.open([asking], port: port) { waiting in
                        try await bench.holds(3)
                        for path in [bench.path, asking] {
                            try await StreamClient.open([path], port: port) { client in
                                while !client.text.contains("too_many_waiting") {
                                    try #require(try await client.read())
                                }
                                #expect(client.text.hasPrefix("HTTP/1.1 503 "))
                            }
                        }
                        for agent in bench.agents { bench.applied(by: agent) }
                        while !waiting.text.contains(#""state":"confirmed""#) {
                            try #require(try await waiting.read())
                        }
                    }
                }
            }
            try await bench.holds(0)
        }
    }

    @Test(arguments: [false, true])
    func `a client that takes nothing is cut off`(isEncrypted: Bool) async throws {
        let bench = try await Bench(agents: 200, isEncrypted: isEncrypted, isLong: true)
        try await bench.api.serve(tls: bench.tls, { $0.writeTimeout = .milliseconds(300) }) { port in
            try await StreamClient.open([bench.path], port: port, trusting: bench.tls) { client in
                _ = try await client.nextEvent()
                // The last agent never applies it.
                var looks = 0
                try await eventually("it is cut off") {
                    // Not faster than what there is to tell is noticed.
                    if looks.isMultiple(of: 4) {
                        bench.applied(by: bench.agents[min(looks / 4, bench.agents.count - 2)])
                    }
                    looks += 1
                    return bench.held == 0
                }
                await client.readToEnd()
                #expect(!client.text.hasSuffix("0\r\n\r\n"))
            }
        }
    }

    @Test func `a client that reads slowly gets everything`() async throws {
        let bench = try await Bench(agents: 2, isLong: true)
        let paths = Array(repeating: "/v1/purges/\(bench.event.id)", count: 10)
        try await bench.api.serve({ $0.writeTimeout = .seconds(2) }) { port in
            try await StreamClient.open(paths, port: port) { client in
                let begin = ContinuousClock.now
                // Far longer than the limit, though it always takes something within it.
                // The pause is what makes the client slow.
                while try await client.read() {
                    if begin.duration(to: .now) < .seconds(5) { try await Task.sleep(for: .milliseconds(20)) }
                }
                #expect(client.text.matches(of: /HTTP\/1.1 200 OK/).count == paths.count)
                #expect(client.text.hasSuffix("}"))
            }
        }
    }

    @Test func `a server that stops ends its streams`() async throws {
        let bench = try await Bench(agents: 2)
        var reading: Task<String, any Error>?
        try await bench.api.serve { port in
            reading = Task {
                try await StreamClient.open([bench.path], port: port) { client in
                    await client.readToEnd()
                    return client.text
                }
            }
            try await bench.holds(1)
        }
        let text = try await reading?.value ?? ""
        #expect(text.contains("event: progress\n") && text.hasSuffix("0\r\n\r\n"), "\(text)")
    }
}
