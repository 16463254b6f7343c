import Foundation
import Kafka
import Subprocess
import TestSupport

@testable import EdgePurgeCommand

/// The Kafka cluster of a torture, and what can be done to it.
enum TortureCluster: Sendable {
    /// One of our own, embedded.
    case mock(MockCluster)
    /// A real one, `KAFKA_BOOTSTRAP_SERVERS`, and a command that hurts its brokers: `COMMAND hang 1`, `wake`, `kill`,
    /// `up`. See `scripts/kafka-trial`.
    case real(command: String)

    /// Brokers, numbered from 1; of a real cluster as many are hurt.
    static let brokers: Int32 = 2
    static let partitions: Int32 = 8
    /// Of connections that are dropped one after the other.
    private static let dropsMax = 8

    /// The real one if there is a command (`EDGE_PURGE_TORTURE_BROKER`), else one of our own, with its topics.
    static func make(topics: [String: Int]) throws -> TortureCluster {
        let command = ProcessInfo.processInfo.environment["EDGE_PURGE_TORTURE_BROKER"] ?? ""
        if DevEnvironment.isClusterGiven, !command.isEmpty { return .real(command: command) }
        let mock = try MockCluster(brokers: Int(brokers))
        for (topic, partitions) in topics { try mock.createTopic(topic, partitions: partitions) }
        return .mock(mock)
    }

    /// Deletes the topics of a run from a real cluster; one of our own ends with them.
    func remove(topics: [String]) async throws {
        guard case .real = self, let servers = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"] else {
            return
        }
        try await KafkaAdmin(DevEnvironmentVariables.kafka(bootstrapServers: servers)).delete(topics: topics)
    }

    /// Ours; nil for a real one.
    var mock: MockCluster? { if case .mock(let mock) = self { mock } else { nil } }

    /// Does what a fault of Kafka is, and ends it.
    func hurt(
        _ fault: TorturePlan.Fault, topics: [(name: String, partitions: Int32)], _ random: inout SeededGenerator
    )
        async
    {
        let broker = Int32(random.number(1...Int(Self.brokers)))
        let pause = Duration.milliseconds(random.number(200...6_000))
        switch self {
        case .mock(let mock): await Self.hurt(mock, fault, broker, pause, topics, &random)
        case .real:
            switch fault {
            case .brokerDown: await run("kill", "up", [broker], pause)
            case .brokersDown: await run("hang", "wake", Array(1...Self.brokers), pause)
            // Long enough for somebody else to lead.
            case .leaderMoved: await run("hang", "wake", [broker], .milliseconds(random.number(10_000...40_000)))
            default: await run("hang", "wake", [broker], pause)
            }
        }
    }

    /// Ends all faults.
    func heal() async {
        switch self {
        case .mock(let mock):
            for broker in 1...Self.brokers {
                try? mock.setBroker(broker, isUp: true)
                try? mock.setRoundTripTime(broker, .zero)
            }
            for api in [MockCluster.APIKey.fetch, .produce, .metadata] { try? mock.clearErrors(api: api) }
        case .real:
            for broker in 1...Self.brokers {
                await run("wake", broker)
                await run("up", broker)
            }
        }
    }

    private static func hurt(
        _ mock: MockCluster, _ fault: TorturePlan.Fault, _ broker: Int32, _ pause: Duration,
        _ topics: [(name: String, partitions: Int32)], _ random: inout SeededGenerator
    ) async {
        switch fault {
        case .brokerDown, .brokersDown:
            let brokers = fault == .brokerDown ? [broker] : Array(1...Self.brokers)
            for broker in brokers { try? mock.setBroker(broker, isUp: false) }
            try? await Task.sleep(for: pause)
            for broker in brokers { try? mock.setBroker(broker, isUp: true) }
        case .connectionsDropped:
            let drops = [KafkaError.Code](repeating: .transport, count: random.number(1...dropsMax))
            try? mock.pushErrors(api: random.pick([.fetch, .produce, .metadata]), drops)
        case .brokerSlow:
            try? mock.setRoundTripTime(broker, .milliseconds(random.number(50...800)))
            try? await Task.sleep(for: pause)
            try? mock.setRoundTripTime(broker, .zero)
        default:
            let topic = random.pick(topics)
            let partition = Int32(random.number(0...Int(topic.partitions) - 1))
            try? mock.setLeader(topic: topic.name, partition: partition, broker: broker)
        }
    }

    /// Does something to brokers for a while, to its end even where the run ends meanwhile.
    private func run(_ begin: String, _ end: String, _ brokers: [Int32], _ pause: Duration) async {
        for broker in brokers { await run(begin, broker) }
        try? await Task.sleep(for: pause)
        for broker in brokers { await run(end, broker) }
    }

    private func run(_ what: String, _ broker: Int32) async {
        guard case .real(let command) = self else { return }
        let words = ["-c", "\(command) \(what) \(broker)"]
        // A task of its own, waited for: the end of the run must not cut this short.
        _ = await Task { try await Program.run("/bin/sh", words, in: .inherit) }.result
    }
}
