import FoundationEssentials
import Kafka
import PurgeModel
import ServiceLifecycle

/// The development environment from its start to its end: the order in which parts come up, the tour, the order in which they go.
struct DevSession: Service {
    /// What the person asked for.
    var options: DevOptions
    /// The origin's port, once it listens.
    var originPort: AsyncStream<Int>

    func run() async throws {
        let directory = try DevDirectory(given: options.directory)
        let family = ChildFamily()
        do {
            try await cancelWhenGracefulShutdown { try await live(directory, family) }
        } catch is CancellationError {
            // Ctrl-C or SIGTERM: not an error.
        } catch {
            await family.stopAll()
            directory.remove()
            throw error
        }
        await family.stopAll()
        if let readyFile = options.readyFile { try? FileManager.default.removeItem(atPath: readyFile) }
        directory.remove()
    }

    /// Brings everything up, shows the tour, and waits for the end.
    private func live(_ directory: DevDirectory, _ family: ChildFamily) async throws {
        var ports = originPort.makeAsyncIterator()
        guard let originPort = await ports.next() else { throw CancellationError() }
        let starter = try DevStarter(options: options, directory: directory, family: family, originPort: originPort)
        let environment = try await starter.start()
        if let readyFile = options.readyFile { try environment.readyFile().write(to: readyFile) }
        family.whenRestarted { [options] in
            guard let readyFile = options.readyFile else { return }
            do { try environment.readyFile().write(to: readyFile) } catch { Terminal.complain("\(error)") }
        }
        let guide = DevGuide(environment: environment)
        Terminal.write(guide.overview)
        try await DevTour(environment: environment).run()
        if options.isOnce { return }
        Terminal.write(guide.whatToTry)
        // Until Ctrl-C; the embedded broker alone cannot be started again, for everything would be lost with it.
        try await family.failure()
    }
}
