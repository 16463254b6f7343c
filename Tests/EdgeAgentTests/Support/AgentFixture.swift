import Foundation
import Kafka
import LinuxFiles
import Logging
import PurgeModel
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import Threads

@testable import EdgeAgent

/// A whole agent with a Kafka-protocol cluster of its own, over real files; seen from outside, by its acknowledgements.
final class AgentFixture: Sendable {
    let state: TemporaryDirectory
    let cluster: MockCluster
    private let producer: Producer
    private let reader: PartitionConsumer
    private let configuration: Mutex<AgentConfiguration>
    private let told = Mutex<[String: Acknowledgement]>([:])
    private let earlier = Mutex<Set<String>>([])
    private struct Running {
        var agent: AgentSupervisor
        var group: ServiceGroup
        var task: Task<Void, any Error>
    }

    private let running = Mutex<Running?>(nil)
    private let isClosed = Mutex(false)

    /// Reads purges from a topic with one partition, which keeps about 5 MiB.
    init(state: TemporaryDirectory, caches paths: [String]) throws {
        self.state = state
        cluster = try MockCluster()
        let topics = TopicNames()
        for topic in [topics.events, topics.acks, topics.deadLetters] { try cluster.createTopic(topic, partitions: 1) }
        let kafka = KafkaConfiguration(
            bootstrapServers: cluster.bootstrapServers, properties: ["fetch.wait.max.ms": "10"])
        var configuration = AgentConfiguration(
            agent: "a", stateDirectory: state.path + "/agent", kafka: kafka,
            caches: paths.map { CacheConfiguration(path: $0, cacheKeys: ["$scheme://$host$request_uri"]) }
        )
        // fanotify leaves out what the process itself does, and the test is the same process.
        configuration.watcher = .inotify
        configuration.metrics.isEnabled = false
        configuration.bootIDFile = state.path + "/boot_id"
        configuration.fence.file = state.path + "/fence"
        self.configuration = Mutex(configuration)
        producer = try Producer(kafka)
        reader = try PartitionConsumer(kafka, topic: topics.acks, groupID: nil)
        try boot()
        try reader.assign([0: .earliest])
        _ = Task { [self] in try await DedicatedThread.run(name: "acks") { self.read() } }
    }

    private func read() {
        while !isClosed.withLock({ $0 }) {
            for case .message(let message) in reader.poll(maxMessages: 1000, timeout: .milliseconds(50)) {
                guard let ack = try? AcknowledgementCodec.decode(message.value ?? []) else { continue }
                told.withLock { $0[ack.instance] = ack }
            }
        }
        reader.close()
    }

    /// The machine starts anew, as its boot id says.
    func boot() throws {
        try Data(UUID().uuidString.utf8).write(to: URL(fileURLWithPath: state.path + "/boot_id"))
    }

    func change(_ body: (inout AgentConfiguration) -> Void) { configuration.withLock { body(&$0) } }

    var directory: String { state.path + "/agent" }

    /// What the agent that runs now said last; nil before it has said anything.
    var acknowledgement: Acknowledgement? {
        let old = earlier.withLock { $0 }
        return told.withLock { told in told.values.filter { !old.contains($0.instance) }.max { $0.sentAt < $1.sentAt } }
    }

    /// Starts it and waits until it has caught up.
    func start() async throws {
        let known = told.withLock { Set($0.keys) }
        earlier.withLock { $0 = known }
        let configuration = configuration.withLock { $0 }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let agent = try AgentSupervisor(configuration: configuration, software: "test", logger: logger)
        let group = ServiceGroup(services: [agent], logger: logger)
        running.withLock { $0 = Running(agent: agent, group: group, task: Task { try await group.run() }) }
        try await caughtUp()
    }

    /// Waits until the agent says that it is live, without a problem.
    func caughtUp() async throws {
        try await eventually(
            "the agent is live: \(self.acknowledgement?.problem ?? "no problem")", within: .seconds(60)
        ) {
            acknowledgement?.status == .live && acknowledgement?.problem == nil
        }
    }

    /// Stops it in order.
    func stop() async throws {
        guard let running = running.withLock({ $0.take() }) else { return }
        await running.group.triggerGracefulShutdown()
        try await running.task.value
    }

    /// Gives it other caches while it runs.
    func reload(_ caches: [CacheConfiguration]) { running.withLock { $0?.agent }?.reload(caches: caches) }

    /// The paths that it looks after now.
    var caches: [String] { running.withLock { $0?.agent }?.agent.caches.paths ?? [] }

    /// How many objects the index finds under a URL.
    func objects(_ url: String) -> Int {
        guard let index = running.withLock({ $0?.agent })?.agent.index, let url = try? PurgeURL(validating: url),
            let ranges = try? index.ranges(for: Selectors(urls: [url]), scope: .none, forms: [.visitor])
        else { return 0 }
        return ranges.reduce(0) { sum, range in
            sum + ((try? index.objectIDs(in: range, from: range.lower, limit: 100).ids.count) ?? 0)
        }
    }

    /// Stops the agent if it runs, and everything else.
    func close() async throws {
        try await stop()
        isClosed.withLock { $0 = true }
        await producer.closeGracefully(flushing: .seconds(5))
        cluster.close()
    }

    /// Produces a purge; returns its offset.
    func send(_ event: PurgeEvent) async throws -> Int64 {
        try await producer.send(
            topic: TopicNames().events, key: nil, value: PurgeEventCodec.encode(event), partition: 0
        ).offset
    }

    /// Produces a purge and waits until the agent says that it is applied.
    @discardableResult
    func apply(_ event: PurgeEvent) async throws -> Int64 {
        let offset = try await send(event)
        try await eventually("purge \(offset) is applied", within: .seconds(60)) { hasApplied(offset) }
        return offset
    }

    /// Produces messages that are no purges, big ones, until the topic has lost what was in it.
    func overrunRetention() async throws {
        let filler = [UInt8](repeating: UInt8(ascii: "x"), count: 900_000)
        for _ in 0..<8 {
            _ = try await producer.send(topic: TopicNames().events, key: nil, value: filler, partition: 0)
        }
    }

    /// Whether the agent that runs now says that an offset is applied.
    func hasApplied(_ offset: Int64) -> Bool {
        acknowledgement?.partitions.first?.hasApplied(offset) == true
    }

    /// The agent's files as they would be if the machine went down now: all but sockets.
    func snapshot(_ directory: String) throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        try Self.copy(directory, to: copy.path)
        return copy
    }

    /// Puts files back to what a snapshot holds.
    ///
    /// The files stay the same ones, as on a disk: their inodes do not change.
    static func restore(_ snapshot: TemporaryDirectory, to directory: String, isSameFiles: Bool) throws {
        if !isSameFiles { try FileManager.default.removeItem(atPath: directory) }
        try copy(snapshot.path, to: directory)
    }

    private static func copy(_ from: String, to: String) throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: to, withIntermediateDirectories: true)
        for name in try manager.subpathsOfDirectory(atPath: from).sorted() {
            let attributes = try manager.attributesOfItem(atPath: from + "/" + name)
            switch attributes[.type] as? FileAttributeType {
            case .typeDirectory:
                try manager.createDirectory(atPath: to + "/" + name, withIntermediateDirectories: true)
            case .typeRegular:
                let content = try Data(contentsOf: URL(fileURLWithPath: from + "/" + name))
                if let handle = FileHandle(forUpdatingAtPath: to + "/" + name) {
                    try handle.truncate(atOffset: 0)
                    try handle.write(contentsOf: content)
                    try handle.close()
                } else {
                    try content.write(to: URL(fileURLWithPath: to + "/" + name))
                }
            default: continue
            }
        }
    }
}
