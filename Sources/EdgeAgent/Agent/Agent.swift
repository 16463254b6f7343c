import Foundation
import Kafka
import LinuxFiles
import Logging
import PurgeModel
import ServiceLifecycle
import Threads

/// One cache machine's agent: reads purges, applies them to its caches, acknowledges.
///
/// The parts in the order in which a purge meets them: ``Intake``, ``PurgeQueue``, ``PurgeWorker`` with its targets,
/// ``Acknowledger``.
///
/// It ends with a `StoreFailure` when its database has to be opened anew or made anew; ``AgentSupervisor`` does that.
struct Agent: Sendable {
    private let database: AgentDatabase
    let caches: CacheSet
    let index: Index
    private let upkeep: Upkeep
    private let board: AgentStatusBoard
    private let queue: PurgeQueue
    private let intake: Intake
    private let producer: Producer
    private let worker: WorkerThread
    private let space: SpaceReclaimer
    private let acknowledger: Acknowledger
    private let deadLetters: DeadLetterSender
    private let admin: AdminServer
    private let metrics: MetricsServer
    private let ask: AskServer?
    private let fence: Fence
    private let ends: EndsWatch
    private let topics: TopicInspector
    private let tier: TierReader?
    private let census: CensusTaker
    private let manager: ServiceManager
    private let changes: Signal
    private let logger: Logger
    private let lock: FileLock
    private let markerLocks: [FileLock]
    private let replay: ReplayWindow
    /// How often this process had to make the database anew.
    let rebuilds: Int
    /// What it was opened with.
    let configuredCaches: [CacheConfiguration]

    /// Opens everything the agent needs; nothing runs yet.
    ///
    /// - Parameter software: name and version, told in acknowledgements.
    /// - Throws: what could not be opened, and what to do.
    /// - Parameter rebuilds: how often this process had to make the database anew.
    init(configuration: AgentConfiguration, software: String, rebuilds: Int, logger: Logger) throws {
        let markerLocks = try FenceMarkers.lock(configuration)
        // Before anything that takes long or can fail: nobody knows what nginx has been serving meanwhile.
        _ = try? FenceMarkers.setLocked(at: .boot, configuration)
        let store: AgentStore
        do {
            store = try AgentStore.open(configuration, logger: logger)
        } catch {
            for lock in markerLocks { lock.release() }
            throw error
        }
        do {
            try self.init(
                store, markerLocks, configuration: configuration, software: software, rebuilds: rebuilds, logger: logger
            )
        } catch {
            // Whoever tries again finds neither locks nor files held.
            store.close()
            for lock in markerLocks { lock.release() }
            throw error
        }
    }

    private init(
        _ store: AgentStore, _ markerLocks: [FileLock], configuration: AgentConfiguration, software: String,
        rebuilds: Int, logger: Logger
    ) throws {
        let clock = SystemClock()
        let health = StoreHealth(
            directory: configuration.stateDirectory, reserveBytes: configuration.stateReserveBytes)
        self.rebuilds = rebuilds
        configuredCaches = configuration.caches
        lock = store.lock
        self.markerLocks = markerLocks
        database = store.database
        replay = store.replay
        let index = Index(database: database, normalization: configuration.normalization)
        let planner = CachePlanner(database, makeSource: Self.source)
        let caches = try Self.open(
            try planner.plan(configuration), index: index, configuration: configuration, logger: logger)
        let poller = caches.poller
        let upkeep = Upkeep(clock: clock) { poller.wake() }
        let changes = Signal()
        let rejected = Signal()
        let board = AgentStatusBoard(indexed: try index.totals(), rebuilds: rebuilds) { changes.set() }
        let marker = AskMarker(configuration.ask)
        let standing = StandingPurges(configuration, marker: marker, clock: clock) {
            URLForms(index.normalization, caches.forms)
        }
        queue = try PurgeQueue(
            database: database, entriesMax: configuration.queueEntriesMax, clock: clock, standing: standing,
            tier: configuration.tier)
        manager = ServiceManager(
            environment: ProcessInfo.processInfo.environment, processID: ProcessInfo.processInfo.processIdentifier,
            logger: logger
        )
        manager.warn(about: configuration.fence)
        let fence = try Fence(
            configuration: configuration.fence, marker: marker, isNew: database.isNew, watchdog: manager.watchdog,
            stateDirectory: configuration.stateDirectory, queue: queue, board: board, clock: clock, logger: logger,
            onChange: { changes.set() }
        )
        let consumer = try PartitionConsumer(
            configuration.kafka, topic: configuration.topics.events, groupID: "edge-purge.\(configuration.agent)"
        )
        producer = try Producer(Self.producing(configuration.kafka))
        space = try SpaceReclaimer(
            caches, board,
            SpaceReclaimer.Settings(
                mode: configuration.reclaim, belowPercent: configuration.reclaimBelowPercent),
            clock: clock, logger: logger)
        let context = FilesContext(
            index: index, caches: caches, queue: queue, board: board, space: space, upkeep: upkeep,
            settings: FilesContext.Settings(configuration), clock: clock, logger: logger)
        let name = CacheKind.nginx.rawValue
        worker = WorkerThread(poller: poller, board: board) { [queue] in
            PurgeWorker(
                queue: queue, targets: [try FilesTarget(name, context, plan: { try planner.plan($0) })], board: board,
                health: health,
                settings: PurgeWorker.Settings(
                    guardWindow: configuration.guardWindow, clockSkewMax: configuration.clockSkewMax),
                clock: clock, logger: logger, onRejection: { rejected.set() })
        }
        intake = try Intake(
            consumer: consumer, topic: configuration.topics.events, queue: queue,
            status: board,
            missedPurges: configuration.flushMode, replay: replay, clockSkewMax: configuration.clockSkewMax,
            health: health, clock: clock, logger: logger,
            onOrder: { [agent = configuration.agent] in Self.obey($0, as: agent, fence: fence, logger: logger) }
        ) {
            poller.wake()
            rejected.set()
            changes.set()
        }
        let reporter = AgentReporter(
            agent: configuration.agent, instance: String(UInt64.random(in: .min ... .max), radix: 16),
            machine: store.machine, software: software, cache: name, region: configuration.region,
            tier: configuration.tier, guardWindow: configuration.guardWindow, queue: queue, board: board,
            fence: { fence.word }, clock: clock
        )
        acknowledger = Acknowledger(
            topic: configuration.topics.acks, producer: producer, reporter: reporter, fence: fence, changes: changes,
            logger: logger
        )
        let letters = configuration.topics.deadLetters
        deadLetters = DeadLetterSender(
            topic: letters, producer: producer, refused: queue.refused,
            others: LetterReader(configuration.kafka, topic: letters, clock: clock, logger: logger),
            turns: LetterTurns(agent: configuration.agent), database: database, status: board, clock: clock,
            logger: logger, arrivals: rejected)
        admin = AdminServer(
            socket: configuration.adminSocket, reporter: reporter, fence: fence, index: index, caches: caches,
            upkeep: upkeep, logger: logger
        )
        metrics = MetricsServer(
            configuration: configuration.metrics,
            report: AgentMetricsReport(reporter: reporter, index: index, caches: caches), logger: logger
        )
        ask = standing.map { standing in
            AskServer(
                configuration.ask, standing,
                AskJudge(
                    standing, caches: caches, index: index, clock: clock, hasLog: configuration.accessLog != nil,
                    isFenced: { fence.word.isFenced }, isScanning: { board.isScanning }),
                board, clock: clock, logger)
        }
        tier = configuration.tier.above.map { [queue] above in
            TierReader(
                configuration.kafka, topic: configuration.topics.tiers, tier: above,
                leaf: configuration.tier.isFilledFrom ? nil : configuration.tier.name, queue: queue, board: board,
                clock: clock, logger: logger, onRelease: { poller.wake() })
        }
        topics = TopicInspector(configuration.kafka, topics: configuration.topics, status: board, logger: logger)
        census = CensusTaker(configuration, board: board, clock: clock, logger: logger)
        ends = try EndsWatch(
            fence: fence, board: board, clock: clock, logger: logger,
            ask: { try consumer.ends(timeout: $0) }, onUnknownPartition: { [intake] in intake.lookForPartitions() }
        )
        self.fence = fence
        self.board = board
        self.caches = caches
        self.index = index
        self.upkeep = upkeep
        self.changes = changes
        self.logger = logger
    }

    /// A dead letter is a message and its headers, and the topic takes both: see deploy/kafka.
    private static func producing(_ kafka: KafkaConfiguration) -> KafkaConfiguration {
        var kafka = kafka
        if kafka.properties["message.max.bytes"] == nil {
            kafka.properties["message.max.bytes"] = String(Limits.eventBytesMax + 64 * 1024)
        }
        return kafka
    }

    /// How the cache of a configuration is opened.
    private static func source(
        _ number: UInt8, cache: CacheConfiguration, configuration: AgentConfiguration
    ) throws -> CacheSource {
        switch cache.kind {
        case .nginx:
            try NginxCache.source(
                number: number, configuration: cache, tagHeaders: configuration.tagHeaders,
                normalization: configuration.normalization)
        }
    }

    /// Keeps what the caches need, and opens one to see that there is something to do.
    ///
    /// - Throws: why none of the caches can be opened. One that cannot be while others can is tried again.
    private static func open(
        _ plan: CachePlan, index: Index, configuration: AgentConfiguration, logger: Logger
    ) throws -> CacheSet {
        if plan.isIndexStale {
            logger.notice("cache settings changed; the index is made anew from the cache files")
        }
        let caches = try CacheSet(plan.sources) {
            try WatcherKind.makeWatcher(roots: [$0.path], kind: configuration.watcher, filter: $0.filter)
        }
        let failures = plan.sources.compactMap { source -> (any Error)? in
            do {
                _ = try source.open()
                return nil
            } catch {
                return error
            }
        }
        if failures.count == plan.sources.count, let failure = failures.first {
            throw AgentError(
                "none of the caches can be opened: \(failure). Mount or make the directory, or set caches[].path to "
                    + "the one that proxy_cache_path names; nginx makes it when it starts")
        }
        try index.database.write { change in
            plan.put(into: &change, index.database.meta)
            if plan.isIndexStale { index.clear(into: &change) }
        }
        return caches
    }

    /// Runs until graceful shutdown: stops reading, finishes the round of work it is in, says a last time how far it
    /// got.
    ///
    /// - Throws: what it cannot go on without; whoever supervises the process starts it anew.
    func run() async throws {
        logger.notice("agent started", metadata: ["caches": "\(caches.paths)"])
        let stopping = Signal()
        let failure = await withKafkaLimit(Self.partsLimit, from: stopping) { await untilFirstEnds(stopping) }
        stopping.set()
        await withKafkaLimit(Self.lastWordLimit, from: stopping) { try? await acknowledger.publish() }
        await producer.closeGracefully(flushing: Self.lastWordLimit)
        caches.close()
        if failure == nil { await settle() }
        database.close()
        lock.release()
        for lock in markerLocks { lock.release() }
        if let failure { throw failure }
        logger.notice("agent stopped")
    }

    /// How long the parts may wait for Kafka when the agent stops, and after that its last word: away, Kafka must not
    /// hold a stop up.
    private static let partsLimit = Duration.seconds(2)
    private static let lastWordLimit = Duration.seconds(1)

    /// Runs `body`; what it waits for from Kafka fails `limit` after the signal.
    @discardableResult
    private func withKafkaLimit<R: Sendable>(
        _ limit: Duration, from signal: Signal, _ body: @Sendable () async -> R
    ) async -> R {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await signal.wait(atMost: nil)
                do { try await Task.sleep(for: limit) } catch { return }
                producer.failPending()
            }
            let result = await body()
            group.cancelAll()
            return result
        }
    }

    /// Takes over what may change while the agent runs: the caches.
    func reload(_ configuration: AgentConfiguration) {
        upkeep.reload(configuration)
        census.replace(configuration.caches)
    }

    /// Puts everything that was done on the disk, and says so: then nothing has to be replayed, even if the power goes
    /// next.
    private func settle() async {
        do {
            try await DedicatedThread.run(name: "settle") {
                for path in caches.volumes { try Volume.sync(at: path) }
                try database.syncLog()
                try replay.stopped()
            }
        } catch {
            logger.warning(
                "could not put everything on the disk; after a power loss the last purges will be applied once more",
                metadata: ["error": "\(error)"]
            )
        }
    }

    /// Runs all parts; when one ends, so do the others.
    ///
    /// Returns the error of the first that failed. The signal is set when the others are told to end.
    private func untilFirstEnds(_ stopping: Signal) async -> (any Error)? {
        await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.addTask { await Result { try await admin.run() } }
            if let ask { group.addTask { await Result { try await ask.run() } } }
            if metrics.isEnabled { group.addTask { await Result { try await metrics.run() } } }
            group.addTask { await Result { try await acknowledger.run() } }
            group.addTask { await Result { try await deadLetters.run() } }
            group.addTask { await Result { await topics.run() } }
            group.addTask { await Result { await census.run() } }
            group.addTask { await Result { try await DedicatedThread.run(name: "intake") { try intake.run() } } }
            group.addTask { await Result { try await DedicatedThread.run(name: "cache-worker") { try worker.run() } } }
            if let tier {
                group.addTask { await Result { try await DedicatedThread.run(name: "tier-above") { tier.run() } } }
            }
            group.addTask { await Result { try await DedicatedThread.run(name: "kafka-ends") { ends.run() } } }
            if space.isEnabled {
                group.addTask { await Result { try await DedicatedThread.run(name: "space") { space.run() } } }
            }
            group.addTask {
                await Result { try await DedicatedThread.run(name: "fence") { fence.run(eachTime: report) } }
            }
            group.addTask {
                await Result {
                    try await gracefulShutdown()
                    manager.stopping()
                }
            }
            var failure: (any Error)?
            while let result = await group.next() {
                if case .failure(let error) = result, !(error is CancellationError), failure == nil { failure = error }
                stopping.set()
                worker.stop()
                intake.wake()
                ends.wake()
                space.wake()
                fence.wake()
                group.cancelAll()
            }
            return failure
        }
    }

    /// Tells systemd how things are.
    private func report() {
        let now = ContinuousClock.now
        manager.tell(
            isReady: fence.hasCaughtUp && !board.isScanning && queue.isCaughtUp,
            isAlive: board.heartbeats.areAlive(now: now), status: acknowledger.summary, now: now)
    }

    /// Does what an order says, if it is for this agent.
    private static func obey(_ order: AgentOrder, as agent: String, fence: Fence, logger: Logger) {
        guard order.agent == agent else { return }
        logger.notice("ordered to \(order.action.rawValue)", metadata: ["order": "\(order.id)"])
        do {
            switch order.action {
            case .drain: try fence.drain()
            case .resume: try fence.resume()
            }
        } catch {
            logger.error("could not \(order.action.rawValue)", metadata: ["error": "\(error)"])
        }
    }
}

extension Result where Failure == any Error {
    /// The outcome of an asynchronous call.
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
