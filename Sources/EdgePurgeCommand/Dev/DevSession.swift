import FoundationEssentials
import Kafka
import PurgeModel
import ServiceLifecycle

/// The development environment from its start to its end: the order in which parts come up, the tour, the order in
/// which they go.
struct DevSession: Service {
    /// What the person asked for.
    var options: DevOptions
    /// The origin's port, once it listens.
    var originPort: AsyncStream<Int>

    func run() async throws {
        var session = self
        // On a cluster that others use too, topics of its own, which go with it.
        let ownPrefix = options.bootstrapServers != nil && options.topicPrefix == nil ? Self.uniquePrefix() : nil
        session.options.topicPrefix = options.topicPrefix ?? ownPrefix
        do {
            try await session.runWithTopics()
        } catch {
            if let ownPrefix { await removeTopics(ownPrefix) }
            throw error
        }
        if let ownPrefix { await removeTopics(ownPrefix) }
    }

    private func runWithTopics() async throws {
        let directory = try DevDirectory(given: options.directory)
        let family = ChildFamily()
        var failure: (any Error)?
        do {
            try await cancelWhenGracefulShutdown { try await live(directory, family) }
        } catch {
            failure = error
        }
        // Ctrl-C or SIGTERM is how this ends, not an error, whatever it interrupted; but a tour that was to be checked
        // was not.
        if Task.isShuttingDownGracefully {
            failure = options.isOnce ? CommandFailure("interrupted before the tour was done") : nil
        }
        await family.stopAll()
        if let readyFile = options.readyFile { try? FileManager.default.removeItem(atPath: readyFile) }
        if failure == nil || Task.isShuttingDownGracefully {
            directory.remove()
        } else {
            Terminal.writeError("configuration and logs are kept in \(directory.path)")
        }
        if let failure { throw failure }
    }

    private static func uniquePrefix() -> String {
        "purge-dev-" + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// Removes the topics of this environment.
    ///
    /// With them Kafka forgets what its agents committed.
    private func removeTopics(_ prefix: String) async {
        guard let servers = options.bootstrapServers else { return }
        let names = TopicNames(prefix: prefix).all.map(\.name)
        do {
            let admin = try KafkaAdmin(try DevEnvironmentVariables.kafka(bootstrapServers: servers))
            try await admin.delete(topics: names)
        } catch {
            Terminal.complain("the topics \(prefix).* are left on \(servers), they could not be deleted: \(error)")
        }
    }

    /// Brings everything up, shows the tour, and waits for the end.
    private func live(_ directory: DevDirectory, _ family: ChildFamily) async throws {
        var ports = originPort.makeAsyncIterator()
        guard let originPort = await ports.next() else { throw CancellationError() }
        let starter = try DevStarter(options: options, directory: directory, family: family, originPort: originPort)
        let environment = try await starter.start()
        let guide = DevGuide(environment: environment)
        Terminal.write(guide.overview)
        try await DevTour(environment: environment).run()
        if options.isOnce { return }
        // Only now: a script that goes to work at once must not meet the tour.
        if let readyFile = options.readyFile { try environment.readyFile().write(to: readyFile) }
        family.whenRestarted { [options] in
            guard let readyFile = options.readyFile else { return }
            do { try environment.readyFile().write(to: readyFile) } catch { Terminal.complain("\(error)") }
        }
        Terminal.write(guide.whatToTry)
        // Until Ctrl-C; the embedded broker alone cannot be started again, for everything would be lost with it.
        try await family.failure()
    }
}
