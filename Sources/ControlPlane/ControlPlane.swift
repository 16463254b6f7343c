import Foundation
import Hummingbird
package import Logging
import NIOCore
import PurgeModel
import ServiceLifecycle

/// The control plane: the API that accepts purges, and the collector that knows when they are complete.
///
/// `run()` serves until graceful shutdown: then no new connections are taken, requests in progress are answered (those
/// that wait for a confirmation at once, with what is known), purges on their way to Kafka are given a moment, and the
/// collector stops.
package struct ControlPlane: Service {
    private let configuration: ControlConfiguration
    private let logger: Logger
    private let ledger: PurgeLedger
    private let collector: Collector
    private let producer: KafkaPurgeProducer
    private let store: ControlStore
    private let history: PurgeHistory
    private let authenticator: Authenticator
    private let limiter: RateLimiter
    private let certificate: ServerCertificate?
    private let onListening: @Sendable (_ port: Int) async -> Void

    /// Prepares a control plane.
    ///
    /// It connects to Kafka on its own and does not wait for a broker. Blocks while the state directory is opened.
    ///
    /// Throws `KafkaError` for a Kafka property that is unknown or has a bad value, ``ControlStoreError`` for a state
    /// directory that cannot be used, whatever the source of the tokens throws, and ``ControlPlaneError`` where others
    /// could reach it and there are no tokens, or the certificate cannot be used.
    /// - Parameters:
    ///   - configuration: what it needs to know.
    ///   - logger: for what an operator should know.
    ///   - onListening: called once with the port, when connections are taken.
    package init(
        configuration: ControlConfiguration, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.logger = logger
        self.onListening = onListening
        authenticator = Authenticator(tokens: try configuration.tokens?.read(), now: Self.wallClock)
        if authenticator.isOpen,
            let error = ControlPlaneError.listensWithoutTokens(
                host: configuration.host, file: configuration.tokens?.path)
        {
            throw error
        }
        certificate = try configuration.tls.map(ServerCertificate.init)
        if certificate == nil, !Authenticator.isLoopback(host: configuration.host) {
            logger.warning(
                "tokens travel in the clear: listen.tls names no certificate",
                metadata: ["host": "\(configuration.host)"])
        }
        (store, ledger, history) = try PurgeHistory.open(configuration, wallClock: Self.wallClock, logger: logger)
        if let path = configuration.rosterFile {
            let roster = try RosterFile.read(path: path)
            ledger.update { state, now in state.setRoster(roster, now: now) }
        }
        limiter = RateLimiter(
            limits: configuration.accountLimits, stored: Self.storedBuckets(store, logger), store: store,
            logger: logger, now: { Self.monotonicMilliseconds }, wallMilliseconds: { Self.wallClock().milliseconds })
        collector = Collector(configuration: configuration, ledger: ledger, logger: logger)
        producer = try KafkaPurgeProducer(
            configuration.kafka, topics: configuration.topics, timeout: configuration.produceTimeout,
            logger: logger)
    }

    package func run() async throws {
        // The last is stopped first: the API, then what needs the producer, the producer, then the collector.
        // Each has a name: ServiceLifecycle logs a nameless service with all it holds, passwords among it.
        let services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: history, serviceName: "history"),
            .init(service: collector, serviceName: "collector"),
            .init(service: ProducerService(producer: producer), serviceName: "producer"),
            .init(service: TierTeller(ledger: ledger, logger: logger, send: producer.tell), serviceName: "tiers"),
            .init(service: AgentExpiry(ledger: ledger, logger: logger, retire: producer.retire), serviceName: "expiry"),
            .init(service: FileReloader(watchedFiles, logger: logger), serviceName: "files"),
            .init(
                service: APIService(application: application(), host: configuration.host, port: configuration.port),
                serviceName: "api"),
        ]
        let group = ServiceGroup(configuration: .init(services: services, logger: logger))
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await group.run()) } catch { outcome = .failure(error) }
        try await store.close()
        try outcome.get()
    }

    /// Requests that wait for a confirmation now; for tests.
    var waiterCount: Int { ledger.waiterCount }

    private var watchedFiles: [WatchedFiles] {
        var files: [WatchedFiles] = []
        if let tokens = configuration.tokens {
            let authenticator = authenticator
            files.append(
                WatchedFiles(name: "tokens", paths: [tokens.path]) { authenticator.replace(tokens: try tokens.read()) })
        }
        if let path = configuration.rosterFile {
            let ledger = ledger
            files.append(
                WatchedFiles(name: "roster", paths: [path]) {
                    let roster = try RosterFile.read(path: path)
                    ledger.update { state, now in state.setRoster(roster, now: now) }
                })
        }
        if let paths = configuration.tls, let certificate {
            files.append(
                WatchedFiles(name: "certificate", paths: [paths.certificate, paths.key]) { try certificate.reload() })
        }
        return files
    }

    private func application() -> some ApplicationProtocol {
        let collector = collector
        let api = ControlAPI(
            configuration: configuration, producer: producer, ledger: ledger, history: history,
            authenticator: authenticator, limiter: limiter
        ) {
            collector.obstacles
        } topics: {
            collector.topics
        }
        return Application(
            router: api.router(),
            server: .control(configuration, certificate: certificate),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port), serverName: "edge-purge",
                availableConnectionsDelegate: .maximum(configuration.connectionsMax, logger: logger)),
            onServerRunning: { [logger, onListening] channel in
                let port = channel.localAddress?.port ?? 0
                logger.notice("the control plane listens", metadata: ["port": "\(port)"])
                await onListening(port)
            },
            logger: logger)
    }

    private static func storedBuckets(_ store: ControlStore, _ logger: Logger) -> [String: StoredBuckets] {
        do {
            return try store.storedBuckets()
        } catch {
            logger.error("rate limits cannot be read; they begin anew", metadata: ["error": "\(error)"])
            return [:]
        }
    }

    private static let started = ContinuousClock.now

    /// Goes forward only, also while the machine sleeps.
    private static var monotonicMilliseconds: Int64 { (ContinuousClock.now - started).wholeMilliseconds }

    private static let wallClock: @Sendable () -> Timestamp = {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}

/// Serves the API, and says which address could not be had.
private struct APIService<Application: ApplicationProtocol>: Service {
    let application: Application
    let host: String
    let port: Int

    func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ControlPlaneError.cannotListen(host: host, port: port, code: error.errnoCode)
        }
    }
}

/// Gets the producer ready, and ends it in its turn.
private struct ProducerService: Service {
    let producer: KafkaPurgeProducer

    func run() async throws {
        await producer.prepare()
        // An error here is the cancellation of the task, which means the same.
        try? await gracefulShutdown()
        await producer.close(flushing: .seconds(5))
    }
}
