import LinuxFiles
import Logging
import PurgeModel

@testable import EdgeAgent

/// One run of an agent: its real parts, put together as `Agent` does it, with a call in place of each thread.
///
/// All that it knows only in memory goes with it; `Agent` itself cannot be taken, because it wants a librdkafka.
final class SimulatedAgent {
    let queue: PurgeQueue
    let board: AgentStatusBoard
    let fence: Fence
    /// Answers nginx's questions; nil where it does not ask.
    let judge: AskJudge?
    private let consumer: SimulatedConsumer
    private let intake: Intake
    private var run = Intake.Run()
    private let worker: PurgeWorker
    private let caches: CacheSet
    private let health: StoreHealth
    private let reporter: AgentReporter
    private let space: SpaceReclaimer
    private let clock: SimulatedClock
    private var asked: PartitionEnds?
    private var sent: (at: ContinuousClock.Instant, version: UInt64)?

    init(
        _ configuration: AgentConfiguration, instance: String, database: AgentDatabase, sources: [CacheSource],
        directories: [MemoryDirectory], consumer: SimulatedConsumer, clock: SimulatedClock
    ) throws {
        _ = try FenceMarkers.set(at: .boot, configuration)
        let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let replay = try AgentStore.prepare(database, configuration, clock: clock, logger: logger)
        let index = Index(database: database, normalization: configuration.normalization)
        let watched = Dictionary(uniqueKeysWithValues: directories.map { ($0.path, $0) })
        caches = try CacheSet(sources) { source in
            guard let directory = watched[source.path] else { throw AgentError("nobody knows \(source.path)") }
            return try directory.watch()
        }
        health = StoreHealth(directory: configuration.stateDirectory, reserveBytes: 0)
        board = AgentStatusBoard(indexed: try index.totals()) {}
        let marker = AskMarker(configuration.ask)
        let standing = StandingPurges(configuration, marker: marker, clock: clock) { [caches] in
            URLForms(index.normalization, caches.forms)
        }
        queue = try PurgeQueue(
            database: database, entriesMax: configuration.queueEntriesMax, clock: clock, standing: standing,
            tier: configuration.tier)
        fence = try Fence(
            configuration: configuration.fence, marker: marker, isNew: database.isNew,
            stateDirectory: configuration.stateDirectory,
            queue: queue,
            board: board, clock: clock, logger: logger, onChange: {})
        space = try SpaceReclaimer(
            caches, board, SpaceReclaimer.Settings(mode: .now), clock: clock, logger: logger)
        judge = standing.map { [caches, fence, board] standing in
            AskJudge(
                standing, caches: caches, index: index, clock: clock, hasLog: false, isFenced: { fence.word.isFenced },
                isScanning: { board.isScanning })
        }
        let context = FilesContext(
            index: index, caches: caches, queue: queue, board: board, space: space, upkeep: Upkeep(clock: clock) {},
            settings: FilesContext.Settings(configuration), clock: clock, logger: logger)
        worker = PurgeWorker(
            queue: queue, targets: [try FilesTarget("nginx", context) { _ in CachePlan() }], board: board,
            health: health,
            settings: PurgeWorker.Settings(
                guardWindow: configuration.guardWindow, clockSkewMax: configuration.clockSkewMax),
            clock: clock, logger: logger, onRejection: {})
        intake = try Intake(
            consumer: consumer, topic: configuration.topics.events, queue: queue,
            status: board, missedPurges: configuration.flushMode,
            replay: replay, clockSkewMax: configuration.clockSkewMax, health: health, clock: clock, logger: logger,
            onOrder: { _ in }, onArrival: {})
        reporter = AgentReporter(
            agent: configuration.agent, instance: instance, machine: "0123456789abcdef", software: "simulation",
            cache: "nginx", region: nil, tier: configuration.tier, guardWindow: configuration.guardWindow,
            queue: queue, board: board, fence: { [fence] in fence.word }, clock: clock)
        self.consumer = consumer
        self.clock = clock
        try worker.start()
        standing?.keepMarker()
        standing?.isListening(true)
    }

    /// Nobody hears of it any more.
    func close() { caches.close() }

    // MARK: The threads

    /// One round of the intake.
    func read(limit: Int) throws {
        consumer.setLimit(limit)
        do {
            try intake.round(&run)
        } catch {
            try health.judge(error)
        }
    }

    /// One round of the worker.
    func work() throws { try worker.tryRound() }

    /// Gives back the bytes of deleted files.
    func reclaim() { space.step() }

    /// Time passes for the file that makes nginx ask.
    func keepMarker() { queue.standing?.keepMarker() }

    /// Whether there is something to do for the worker now.
    var hasWork: Bool { worker.patience == .zero }

    // MARK: Kafka's answers

    /// Asks where the partitions end; the answer comes with ``answer()``.
    func ask(_ broker: SimulatedBroker) {
        guard fence.askAgainAfter != nil else { return }
        asked = PartitionEnds(askedAt: clock.instant, ends: broker.ends)
    }

    /// Says how far it is; that it is stored is known with ``answer()``.
    func acknowledge(_ broker: SimulatedBroker) {
        sent = (clock.instant, fence.word.version)
        let (word, toldTo, _) = reporter.report()
        broker.acknowledge(word)
        board.told(purges: toldTo)
    }

    /// Answers of the broker arrive.
    func answer() {
        if let asked { fence.take(asked) }
        if let sent { fence.acknowledged(sentAt: sent.at, version: sent.version) }
        (asked, sent) = (nil, nil)
    }
}
