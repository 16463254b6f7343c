import Foundation
import Kafka
import LinuxFiles
package import Logging
import ServiceLifecycle
import Synchronization
import Threads

/// Runs the agent, and puts another one in its place, within the same process, when its database has to be opened or
/// made anew, when Kafka refuses what only another client may ask for again, or when the topic was made anew with fewer
/// partitions.
///
/// What the agent knows is in its state directory, so the next one goes on as after `kill -9`. A damaged database is
/// moved aside: index and queue are made anew, from the cache files and from Kafka.
package final class AgentSupervisor: Service {
    private struct State {
        var configuration: AgentConfiguration
        var agent: Agent
    }

    private let software: String
    private let logger: Logger
    private let state: Mutex<State>

    /// An agent that ran for less than this did not get anywhere.
    private static let soon = Duration.seconds(60)
    /// Openings in a row that got nowhere before the database counts as damaged: the disk takes data, and yet RocksDB
    /// cannot work on it.
    private static let openingsMax = 4
    private static let pauseMax = 10
    /// Before another client asks Kafka for what it has refused for good: a permission may have been given meanwhile.
    private static let refusedPause = Duration.seconds(10)

    /// Opens everything the agent needs; nothing runs yet.
    ///
    /// - Parameter software: name and version, told in acknowledgements.
    /// - Throws: what could not be opened, and what to do.
    package init(configuration: AgentConfiguration, software: String, logger: Logger) throws {
        self.software = software
        self.logger = logger
        let first: Agent
        do {
            first = try Agent(configuration: configuration, software: software, rebuilds: 0, logger: logger)
        } catch {
            guard let damage = StoreFailure(damage: error) else { throw error }
            try Self.moveAside(damage, configuration: configuration, logger: logger)
            first = try Agent(configuration: configuration, software: software, rebuilds: 1, logger: logger)
        }
        state = Mutex(State(configuration: configuration, agent: first))
    }

    /// Looks after other caches from now on; where that cannot be done, it goes on with those of now, and says so in
    /// the log.
    package func reload(caches: [CacheConfiguration]) {
        let (agent, configuration) = state.withLock { state in
            state.configuration.caches = caches
            return (state.agent, state.configuration)
        }
        agent.reload(configuration)
    }

    /// The agent that runs now.
    var agent: Agent { state.withLock { $0.agent } }

    private var configuration: AgentConfiguration { state.withLock { $0.configuration } }

    /// Runs until graceful shutdown.
    ///
    /// - Throws: what no other agent in this process could go on from; whoever supervises the process starts it anew.
    package func run() async throws {
        var agent = self.agent
        var openings = 0
        while true {
            let begin = ContinuousClock.now
            var rebuilds = agent.rebuilds
            do {
                return try await agent.run()
            } catch let error as KafkaError where error.isFatal {
                logger.error(
                    "Kafka takes nothing of this agent any more; it is opened anew in a while",
                    metadata: ["problem": "\(error)"])
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.refusedPause) }
            } catch let gone as FewerPartitions {
                logger.error("the agent is opened anew", metadata: ["problem": "\(gone)"])
            } catch {
                guard let failure = error as? StoreFailure ?? StoreFailure(damage: error) else { throw error }
                openings = begin.duration(to: .now) < Self.soon ? openings + 1 : 1
                if failure.kind == .damaged || openings >= Self.openingsMax {
                    rebuilds += 1
                    openings = 0
                    try await DedicatedThread.run(name: "move-aside") { [configuration, logger] in
                        try Self.moveAside(failure, configuration: configuration, logger: logger)
                    }
                } else {
                    logger.error("the database has to be opened anew", metadata: ["problem": "\(failure)"])
                }
            }
            guard let next = await open(rebuilds) else { return }
            agent = next
            // Asked to reload just before this: the old one was told in vain.
            let newest = state.withLock { state in
                state.agent = next
                return state.configuration
            }
            if newest.caches != next.configuredCaches { next.reload(newest) }
        }
    }

    /// Opens an agent, and tries again until it works; nil when it is time to stop.
    private func open(_ rebuilds: Int) async -> Agent? {
        var rebuilds = rebuilds
        var tries = 0
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                return try await DedicatedThread.run(name: "open") { [configuration, software, logger, rebuilds] in
                    do {
                        return try Agent(
                            configuration: configuration, software: software, rebuilds: rebuilds, logger: logger)
                    } catch {
                        guard let damage = StoreFailure(damage: error) else { throw error }
                        try Self.moveAside(damage, configuration: configuration, logger: logger)
                        throw damage
                    }
                }
            } catch {
                if error is StoreFailure { rebuilds += 1 }
                tries += 1
                logger.error("could not open the agent again; trying again", metadata: ["problem": "\(error)"])
                let pause = Duration.seconds(min(Self.pauseMax, tries))
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            }
        }
        return nil
    }

    private static func moveAside(
        _ failure: StoreFailure, configuration: AgentConfiguration, logger: Logger
    ) throws {
        let path = try DamagedDatabases(configuration.stateDirectory).moveAside(time: Date())
        logger.error(
            "the database is damaged; it is moved aside, and made anew from the cache files and from Kafka",
            metadata: ["problem": "\(failure)", "kept": "\(path)"]
        )
    }
}
