import ArgumentParser
import EdgeAgent
import FoundationEssentials
import Hummingbird
import Logging
import NIOCore
import PurgeModel
import ServiceLifecycle
import UnixSignals

/// `edge-purge dev`: everything on one machine, with real nginx caches.
struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Run everything on this machine: broker, control plane, origin, nginx caches with their agents.",
        discussion: """
            Shows one purge from end to end on real nginx caches, then stays up for
            you to try things, until Ctrl-C. Needs nginx (Debian: nginx-light). Runs
            as root and as an ordinary user. Nothing stays behind.

              edge-purge dev
              edge-purge dev --once    only the tour; exit code 0: all as claimed
              KAFKA_BOOTSTRAP_SERVERS=kafka1:9092 edge-purge dev

            The last one uses a real cluster instead of the embedded one.

            Ports are free ones of 127.0.0.1 unless given.
            """
    )

    @Flag(name: .customLong("once"), help: "End after the tour; exit code 1 if anything was not as claimed.")
    var isOnce = false

    @Option(
        name: .customLong("ready-file"),
        help: ArgumentHelp(
            "After the tour, write all addresses, paths and process ids as one JSON object.", valueName: "path")
    )
    var readyFile: String?

    @Option(name: .customLong("caches"), help: "How many nginx caches, each with an agent: 1 to 16.")
    var caches = 3

    @Option(
        name: .customLong("directory"),
        help: ArgumentHelp(
            "Keep configuration, caches and logs here, and leave them. Must be empty.", valueName: "path")
    )
    var directory: String?

    @Option(name: .customLong("port"), help: ArgumentHelp("Port of the control plane.", valueName: "port"))
    var controlPort: Int?

    @Option(name: .customLong("origin-port"), help: ArgumentHelp("Port of the origin.", valueName: "port"))
    var originPort: Int?

    @Option(
        name: .customLong("cache-port"),
        help: ArgumentHelp("Port of the first nginx; the others follow.", valueName: "port")
    )
    var cachePort: Int?

    @Option(
        name: .customLong("topic-prefix"),
        help: ArgumentHelp(
            "Use topics PREFIX.events, PREFIX.acks and so on; made when missing.", valueName: "prefix")
    )
    var topicPrefix: String?

    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("How much agents and control plane log (to files in the directory).", valueName: "level")
    )
    var logLevel = "info"

    @Option(
        name: .customLong("fence-mode"),
        help: ArgumentHelp("When agents fence their caches: off, start, behind, cut_off.", valueName: "mode"))
    var fenceMode = FenceMode.start

    @Option(help: ArgumentHelp("Until when nginx asks the agents: purge, guard; without it they are not asked."))
    var ask: AskConfiguration.Span?

    @Flag(name: .customLong("tiers"), help: "Let the caches fill from two shields, which fill from the origin.")
    var hasTiers = false

    @Option(
        name: .customLong("fence-after"),
        help: ArgumentHelp("The lease of the modes behind and cut_off, at least 2s.", valueName: "duration"))
    var fenceAfter = "10s"

    func validate() throws {
        if !(1...16).contains(caches) { throw ValidationError("--caches is \(caches); allowed: 1 to 16.") }
        for (name, port) in [("--port", controlPort), ("--origin-port", originPort), ("--cache-port", cachePort)] {
            guard let port, !(1...65_535 - 16).contains(port) else { continue }
            throw ValidationError("\(name) is \(port); allowed: 1 to \(65_535 - 16).")
        }
        if let topicPrefix, !NameRule.isPlain(topicPrefix, lengthMax: 200) {
            throw ValidationError("--topic-prefix is \"\(topicPrefix)\"; allowed: 1 to 200 of A-Z a-z 0-9 . _ -")
        }
        if DurationText.duration(fenceAfter).map({ $0 < .seconds(2) }) ?? true {
            throw ValidationError("--fence-after is \"\(fenceAfter)\"; allowed: a duration of at least 2s, such as 10s")
        }
        if Logger.Level(rawValue: logLevel) == nil {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level is \"\(logLevel)\"; allowed: \(levels)")
        }
    }

    /// Nobody else would notice: what cannot listen is started again and again.
    private func checkPorts() async throws(CommandFailure) {
        if let controlPort { try await FreePorts.check(controlPort, option: "--port") }
        if let originPort { try await FreePorts.check(originPort, option: "--origin-port") }
        guard let cachePort else { return }
        for port in cachePort..<cachePort + caches + (hasTiers ? DevStarter.shields : 0) {
            try await FreePorts.check(port, option: "--cache-port")
        }
    }

    func run() async throws {
        try await checkPorts()
        // A person reads this terminal: only what somebody should act on, beside the tour.
        let logger = ServiceRunner.logger("edge-purge.dev", level: .error)
        let environment = ProcessInfo.processInfo.environment
        var options = DevOptions()
        options.caches = caches
        options.isOnce = isOnce
        options.readyFile = readyFile
        options.directory = directory
        options.controlPort = controlPort
        options.firstCachePort = cachePort
        options.bootstrapServers = environment["KAFKA_BOOTSTRAP_SERVERS"].flatMap { $0.isEmpty ? nil : $0 }
        options.topicPrefix = topicPrefix
        options.logLevel = logLevel
        options.fence.mode = fenceMode
        options.ask = ask
        options.hasTiers = hasTiers
        options.fence.after = DurationText.duration(fenceAfter) ?? options.fence.after

        let (ports, found) = AsyncStream<Int>.makeStream()
        let origin = Application(
            responder: OriginResponder(pages: OriginPages()),
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: originPort ?? 0),
                serverName: "edge-purge-origin"
            ),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { found.yield(port) }
                found.finish()
            },
            logger: logger
        )
        let session = DevSession(options: options, originPort: ports)
        // The session ends first and takes all children with it, the origin after it.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: origin),
                    .init(
                        service: session,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup
                    ),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint, .sighup],
                logger: logger
            )
        )
        try await group.run()
    }
}

extension FenceMode: ExpressibleByArgument {}
extension AskConfiguration.Span: ExpressibleByArgument {}
