import Foundation
import Kafka
import PurgeModel

/// A real agent process with a broker of its own, watched from outside: through Kafka, its admin socket and /proc.
final class AgentUnderTest {
    private let name: String
    private let workspace: Workspace
    private let process: Process
    private let broker: Process
    private let producer: Producer
    private let acknowledgements: PartitionConsumer
    private var last: Acknowledgement?
    private let started: ContinuousClock.Instant

    /// What one purge came to.
    struct Result {
        var removed: Int
        /// What the agent says it took.
        var took: Duration
        /// From before it was produced until its acknowledgement had been read.
        var untilAcknowledged: Duration
    }

    /// Starts broker and agent; the agent begins to index at once.
    init(_ name: String, cache: String, workspace: Workspace) async throws {
        self.name = name
        self.workspace = workspace
        let address = "\(workspace.path)/\(name)-broker.txt"
        broker = try workspace.start("\(name)-broker", ["dev-broker", "--file", address])
        let servers = try await Self.contents(of: address, or: "\(name)-broker", workspace)
        let kafka = KafkaConfiguration(
            bootstrapServers: servers, properties: ["fetch.wait.max.ms": "5", "linger.ms": "0"]
        )
        producer = try Producer(kafka)
        acknowledgements = try PartitionConsumer(kafka, topic: TopicNames().acks, groupID: nil)
        try acknowledgements.assign([0: .earliest])
        let configuration = """
            agent:
              id: \(name)
              state_directory: "\(workspace.path)/\(name)-state"
            kafka:
              bootstrap_servers: \(servers)
              properties:
                fetch.wait.max.ms: 5
            caches:
              - path: "\(cache)"
                cache_key: $scheme://$host$request_uri
            fence:
              mode: off
              file: \(workspace.path)/\(name)-fence

            """
        let file = "\(workspace.path)/\(name).yaml"
        try Data(configuration.utf8).write(to: URL(filePath: file))
        started = .now
        process = try workspace.start(name, ["agent", "--config", file])
    }

    /// Waits until all files are in the index; returns the time since the process was started.
    func indexed(_ objects: Int) throws -> Duration {
        try wait(upTo: .seconds(600)) { state in
            state.status != .starting && state.counts.objectsIndexed == Int64(objects)
        }
        return started.duration(to: .now)
    }

    /// Waits until the purge log of Kafka has been read to its end and nothing is left to do in the background.
    func idle() async throws {
        try wait(upTo: .seconds(60)) { $0.status == .live }
        var ticks = try ProcessFigures(process.processIdentifier).ticks()
        for _ in 0..<600 {
            try await Task.sleep(for: .milliseconds(500))
            let now = try ProcessFigures(process.processIdentifier).ticks()
            // A tick is 10 ms: less than 4 % of one core.
            if now - ticks <= 2 { return }
            ticks = now
        }
        throw BenchmarkError("\(name) is still busy after 5 minutes")
    }

    /// Purges by tag and waits for the acknowledgement.
    func purge(tag: String) async throws -> Result {
        var generator = SystemRandomNumberGenerator()
        let event = PurgeEvent(
            id: .random(using: &generator), zone: "benchmark", scope: .all,
            selectors: Selectors(tags: [try CacheTag(validating: tag)]),
            acceptedAt: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), source: "benchmark"
        )
        let start = ContinuousClock.now
        let place = try await producer.send(
            topic: TopicNames().events, key: Array(event.zone.utf8), value: PurgeEventCodec.encode(event)
        )
        var result: RecentPurge?
        try wait(upTo: .seconds(300)) { state in
            result = state.recent.last { $0.partition == place.partition && $0.offset == place.offset }
            return result != nil
        }
        guard let result else { throw BenchmarkError("no acknowledgement") }
        return Result(removed: result.removed, took: result.took, untilAcknowledged: start.duration(to: .now))
    }

    /// Bytes of the index's files and write-ahead logs on disk.
    func diskBytes() throws -> Int {
        let database = "\(workspace.path)/\(name)-state/db"
        return try FileManager.default.contentsOfDirectory(atPath: database)
            .filter { $0.hasSuffix(".sst") || $0.hasSuffix(".log") }
            .reduce(0) { sum, file in
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(database)/\(file)")
                return sum + (attributes[.size] as? NSNumber ?? 0).intValue
            }
    }

    /// A size in KiB out of /proc/PID/status, such as `VmRSS`.
    func memoryKiB(_ field: String) throws -> Int { try ProcessFigures(process.processIdentifier).memoryKiB(field) }

    /// Ends agent and broker.
    func stop() {
        acknowledgements.close()
        producer.close(flushing: .zero)
        workspace.stop(process)
        workspace.stop(broker)
    }

    /// Reads acknowledgements until one is as wanted; the last one read counts too.
    private func wait(upTo timeout: Duration, _ isWanted: (Acknowledgement) -> Bool) throws {
        if let last, isWanted(last) { return }
        let deadline = ContinuousClock.now + timeout
        while ContinuousClock.now < deadline {
            for case .message(let message) in acknowledgements.poll(maxMessages: 1000, timeout: .milliseconds(100)) {
                let state = try AcknowledgementCodec.decode(message.value ?? [])
                last = state
                if isWanted(state) { return }
            }
            guard process.isRunning else { throw BenchmarkError("\(name) has ended:\n\(workspace.logTail(name))") }
        }
        throw BenchmarkError("\(name) did not get there within \(timeout):\n\(workspace.logTail(name))")
    }

    /// Waits for a file that a child writes once it is ready.
    static func contents(of path: String, or child: String, _ workspace: Workspace) async throws -> String {
        for _ in 0..<600 {
            if let text = try? String(contentsOfFile: path, encoding: .utf8), !text.isEmpty {
                return text.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BenchmarkError("\(child) does not start:\n\(workspace.logTail(child))")
    }
}
