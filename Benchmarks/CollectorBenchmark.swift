import AsyncHTTPClient
import Foundation
import Kafka
import NIOCore
import NIOHTTP1
import PurgeModel

/// A real control plane process with many agents that acknowledge every second, and purges that all of them have to
/// apply.
struct CollectorBenchmark {
    let workspace: Workspace
    let agents: Int

    /// Rounds of one second each.
    private static let quietRounds = 15
    private static let purgeRounds = 10
    private static let zone = "023e105f4ecef8ad9ca31a8372d0c353"

    /// Measures and adds the rows.
    func run(into report: inout Report) async throws {
        Progress.show("\(agents) agents, one control plane")
        let address = "\(workspace.path)/collector-broker.txt"
        let broker = try workspace.start("collector-broker", ["dev-broker", "--file", address])
        let servers = try await AgentUnderTest.contents(of: address, or: "collector-broker", workspace)
        let control = try startControl(servers)
        let producer = try Producer(
            KafkaConfiguration(bootstrapServers: servers, properties: ["linger.ms": "5", "batch.size": "1000000"]))
        let url = try await listening(control)
        var fleet = Fleet(count: agents)
        let (quiet, memory) = try await quietSeconds(&fleet, control, producer)
        let delays = try await purges(&fleet, producer, url)
        producer.close(flushing: .seconds(1))
        workspace.stop(control)
        workspace.stop(broker)
        report.add(
            "\(agents) agents acknowledging each second: share of a core", ours: Report.text(quiet, digits: 2),
            bare: "",
            ratio: quiet, .atMost(0.5))
        report.add(
            "the same: resident memory", ours: "\(memory / 1024) MB", bare: "", ratio: Double(memory / 1024),
            .atMost(500))
        report.add(
            "last word in Kafka to answered as confirmed, p50", ours: delays.percentile(50).milliseconds, bare: "",
            ratio: delays.percentile(50) / .milliseconds(1), .atMost(50))
        report.add(
            "last word in Kafka to answered as confirmed, worst of \(Self.purgeRounds)",
            ours: delays.percentile(100).milliseconds, bare: "",
            ratio: delays.percentile(100) / .milliseconds(1), .atMost(50))
    }

    private func startControl(_ servers: String) throws -> Process {
        let zones = "zones:\n  - {id: \(Self.zone), name: bench.example, scope: [bench.example]}\n"
        try Data(zones.utf8).write(to: URL(filePath: "\(workspace.path)/zones.yaml"))
        let configuration = """
            state_directory: "\(workspace.path)/control-state"
            listen: {port: 0}
            kafka:
              bootstrap_servers: \(servers)
              properties:
                fetch.wait.max.ms: 5
            """
        let file = "\(workspace.path)/control.yaml"
        try Data(configuration.utf8).write(to: URL(filePath: file))
        return try workspace.start("control", ["control", "--config", file])
    }

    /// The address, from the log.
    private func listening(_ control: Process) async throws -> String {
        for _ in 0..<600 {
            if let port = workspace.logTail("control").firstMatch(of: /port=(\d+)/)?.output.1 {
                return "http://127.0.0.1:\(port)"
            }
            guard control.isRunning else { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BenchmarkError("the control plane does not start:\n\(workspace.logTail("control"))")
    }

    /// Seconds in which nothing happens but heartbeats: the share of a core, and KiB in memory.
    private func quietSeconds(
        _ fleet: inout Fleet, _ control: Process, _ producer: Producer
    ) async throws -> (share: Double, memoryKiB: Int) {
        // All are known, and what the start costs is over.
        for _ in 0..<3 { try await fleet.speak(producer, for: .seconds(1)) }
        Progress.show("\(agents) heartbeats a second")
        let statistics = ProcessFigures(control.processIdentifier)
        let ticks = try statistics.ticks()
        let start = ContinuousClock.now
        for _ in 0..<Self.quietRounds { try await fleet.speak(producer, for: .seconds(1)) }
        let share = Double(try statistics.ticks() - ticks) / 100 / start.duration(to: .now).seconds
        return (share, try statistics.memoryKiB("VmRSS"))
    }

    /// From the moment at which Kafka has the last agent's word until the API answers that the purge is confirmed.
    private func purges(_ fleet: inout Fleet, _ producer: Producer, _ url: String) async throws -> Samples {
        var samples = Samples()
        for number in 0..<Self.purgeRounds {
            Progress.show("purge \(number + 1) of \(Self.purgeRounds) on \(agents) agents")
            let id = try await HTTPCalls.purge(url, zone: Self.zone, body: #"{"tags":["t\#(number)"]}"#)
            let place = try await HTTPCalls.call("GET", "\(url)/v1/purges/\(id)?by_agent=false", PurgeStatus.self)
            fleet.apply(partition: place.partition, offset: place.offset)
            async let answered: ContinuousClock.Instant = {
                let status = try await HTTPCalls.call(
                    "GET", "\(url)/v1/purges/\(id)?wait=60s&by_agent=false", PurgeStatus.self)
                guard status.state == .confirmed else { throw BenchmarkError("a purge was not confirmed within 60 s") }
                return .now
            }()
            let stored = try await fleet.speak(producer, for: .seconds(1))
            samples.add(max(.zero, stored.duration(to: try await answered)))
        }
        return samples
    }

    /// Agents that exist only as what they say.
    private struct Fleet {
        private var names: [[UInt8]]
        private var words: [[UInt8]]
        private var recent: [RecentPurge] = []
        private var applied: [Int32: Int64] = [:]
        /// Partitions of the events topic.
        private static let partitions: Int32 = 8

        init(count: Int) {
            names = (0..<count).map { Array("edge-\($0)".utf8) }
            words = []
            write()
        }

        mutating func apply(partition: Int32, offset: Int64) {
            applied[partition] = offset + 1
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            recent.append(
                RecentPurge(
                    partition: partition, offset: offset, removed: 3, bytes: 12_345, appliedAt: now,
                    took: .microseconds(850)))
            write()
        }

        private mutating func write() {
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            words = names.map { name in
                let agent = String(decoding: name, as: UTF8.self)
                return AcknowledgementCodec.encode(
                    Acknowledgement(
                        agent: agent, instance: "1f0c2d9e4b", sentAt: now, software: "edge-purge/1.0.0", region: "fra",
                        cache: "nginx", status: .live, fence: .start, fenceAfter: .seconds(10),
                        partitions: (0..<Self.partitions).map { partition in
                            let next = applied[partition] ?? 0
                            return PartitionProgress(
                                partition: partition, queued: next, applied: next, highWatermark: next)
                        },
                        counts: AcknowledgementCounts(
                            purges: 12_345, objectsRemoved: 67_890, objectsIndexed: 1_000_000),
                        recent: recent))
            }
        }

        /// Everybody speaks once, spread over `time`; returns when Kafka has the last word.
        @discardableResult
        func speak(_ producer: Producer, for time: Duration) async throws -> ContinuousClock.Instant {
            let start = ContinuousClock.now
            let pieces = 100
            let topic = TopicNames().acks
            return try await withThrowingTaskGroup(of: Void.self) { group in
                for piece in 0..<pieces {
                    for index in names.count * piece / pieces..<names.count * (piece + 1) / pieces {
                        let (name, word) = (names[index], words[index])
                        group.addTask { _ = try await producer.send(topic: topic, key: name, value: word) }
                    }
                    try await Task.sleep(until: start + time * (piece + 1) / pieces)
                }
                try await group.waitForAll()
                return .now
            }
        }
    }
}
