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
