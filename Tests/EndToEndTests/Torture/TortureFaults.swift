import Foundation
import Kafka
import NIOCore
import NIOHTTP1

/// Kills, stops and cuts off at random.
struct TortureFaults: Sendable {
    let environment: DevEnvironment
    let ledger: TortureLedger
    let cluster: MockCluster
    let faults: [TorturePlan.Fault]

    static let brokers: Int32 = 2
    static let partitions: Int32 = 8
    /// Of connections that are dropped one after the other.
    private static let dropsMax = 8
    /// How long something may take to be well again.
    private static let recoveryLimit = Duration.seconds(90)

    /// Does one after the other until the task is cancelled.
    func run(_ generator: SeededGenerator) async {
        var random = generator
        while !Task.isCancelled, !faults.isEmpty {
            try? await Task.sleep(for: .milliseconds(random.number(300...4_000)))
            let fault = random.pick(faults)
            if Task.isCancelled { return }
            ledger.fault(fault)
            if fault.isOfKafka { await hurtKafka(fault, &random) } else { await hurtProcess(fault, &random) }
        }
    }

    /// Ends all faults.
    func heal() {
        for broker in 1...Self.brokers {
            try? cluster.setBroker(broker, isUp: true)
            try? cluster.setRoundTripTime(broker, .zero)
        }
        for api in [MockCluster.APIKey.fetch, .produce, .metadata] { try? cluster.clearErrors(api: api) }
        guard let processes = try? environment.processIDs() else { return }
        for process in processes.agents.values + [processes.control].compactMap({ $0 }) { kill(process, SIGCONT) }
    }

    /// Waits until an agent says that it is live.
    func waitUntilLive(_ cache: DevEnvironment.Cache) async throws {
        try await eventually("\(cache.agent) is live again", within: Self.recoveryLimit) {
            let status = try? await environment.web.admin(cache, "/v1/status", timeout: .seconds(2))
            return status?["status"].text == "live"
        }
    }

    // MARK: Processes

    private func hurtProcess(_ fault: TorturePlan.Fault, _ random: inout SeededGenerator) async {
        guard let processes = try? environment.processIDs() else { return }
        let cache = random.pick(environment.ready.caches)
        let pause = Duration.milliseconds(random.number(200...6_000))
        switch fault {
        case .agentKilled, .agentStopped:
            guard let victim = processes.agents[cache.agent], isOurs(victim) else { return }
            let number = ledger.isDown(cache.agent)
            if fault == .agentKilled {
                kill(victim, SIGKILL)
            } else {
                await stop(victim, pause)
            }
            // One that is not seen to be live again counts as down to the end.
            if (try? await waitUntilLive(cache)) != nil { ledger.isBack(cache.agent, number) }
        case .controlKilled, .controlStopped:
            guard let victim = processes.control, isOurs(victim) else { return }
            if fault == .controlKilled { kill(victim, SIGKILL) } else { await stop(victim, pause) }
        default:
            if let victim = processes.nginx[cache.agent], isOurs(victim) { kill(victim, SIGHUP) }
        }
    }

    private func stop(_ process: Int32, _ pause: Duration) async {
        kill(process, SIGSTOP)
        try? await Task.sleep(for: pause)
        kill(process, SIGCONT)
    }

    /// Whether a process of this number is one of the environment's: the file that names it may be a moment old.
    private func isOurs(_ process: Int32) -> Bool {
        let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
        return String(decoding: line, as: UTF8.self).contains(environment.ready.directory)
            || String(decoding: line, as: UTF8.self).contains("nginx")
    }

    // MARK: Kafka

    private func hurtKafka(_ fault: TorturePlan.Fault, _ random: inout SeededGenerator) async {
        let broker = Int32(random.number(1...Int(Self.brokers)))
        let pause = Duration.milliseconds(random.number(200...6_000))
        switch fault {
        case .brokerDown: await down([broker], pause)
        case .brokersDown: await down(Array(1...Self.brokers), pause)
        case .connectionsDropped:
            let drops = [KafkaError.Code](repeating: .transport, count: random.number(1...Self.dropsMax))
            try? cluster.pushErrors(api: random.pick([.fetch, .produce, .metadata]), drops)
        case .brokerSlow:
            try? cluster.setRoundTripTime(broker, .milliseconds(random.number(50...800)))
            try? await Task.sleep(for: pause)
            try? cluster.setRoundTripTime(broker, .zero)
        default:
            let topics = environment.ready.topics
            let (topic, partitions) = random.pick([(topics.events, Self.partitions), (topics.acks, Int32(1))])
            let partition = Int32(random.number(0...Int(partitions) - 1))
            try? cluster.setLeader(topic: topic, partition: partition, broker: broker)
        }
    }

    private func down(_ brokers: [Int32], _ pause: Duration) async {
        for broker in brokers { try? cluster.setBroker(broker, isUp: false) }
        try? await Task.sleep(for: pause)
        for broker in brokers { try? cluster.setBroker(broker, isUp: true) }
    }
}
