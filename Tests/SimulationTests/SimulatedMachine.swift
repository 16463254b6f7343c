import Foundation
import Kafka
import LinuxFiles
import PrometheusText
import PurgeModel

@testable import EdgeAgent

/// One cache machine: nginx with its caches, an agent, and a systemd that fences when the agent dies.
///
/// What an agent knows only in memory goes with a crash; files, fence, markers and database stay. What a power loss may
/// take goes too.
final class SimulatedMachine {
    let name: String
    let directories: [MemoryDirectory]
    private let configuration: AgentConfiguration
    private let database: AgentDatabase
    private let clock: SimulatedClock
    private let broker: SimulatedBroker
    private let link = SimulatedConsumer.Link()
    private let fenceFile: MarkerFile
    private let askMarker: MarkerFile
    private var boots = 0
    private var starts = 0

    var nginx: SimulatedNginx
    private(set) var agent: SimulatedAgent?

    // For the judge, in simulated milliseconds.

    /// When the last round began after which the worker knew everything that was in the caches.
    private(set) var lookedAt: Int64 = 0
    private(set) var startedAt: Int64 = 0
    /// When it last began to flush in place of missed purges; nil: never.
    private(set) var flushedAt: Int64?
    /// Whether it has purged what it took to be found late.
    private(set) var hasFoundLate = false
    /// When each purge was told as applied for the first time.
    private(set) var told: [SimulatedBroker.Place: Int64] = [:]
    /// When each purge was told as effective for the first time.
    private(set) var effective: [SimulatedBroker.Place: Int64] = [:]
    /// When the round began in which each purge was done for good; where caches fill from others.
    private(set) var completed: [SimulatedBroker.Place: Int64] = [:]
    /// What a machine without a fence has to apply once more after a power loss.
    private(set) var unsettled: Set<SimulatedBroker.Place> = []
    /// Until when a page's file could not be changed.
    private(set) var unmarkableUntil: [Int: Int64] = [:]

    /// - Parameters:
    ///   - state: an empty directory.
    ///   - caches: how many the pages are spread over.
    init(
        _ name: String, fence mode: FenceMode, after: Duration, ask: AskConfiguration.Span?,
        tier: TierConfiguration, state: String, caches: Int, queueEntriesMax: Int, database: AgentDatabase,
        broker: SimulatedBroker, clock: SimulatedClock
    ) throws {
        self.name = name
        self.database = database
        self.broker = broker
        self.clock = clock
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        var configuration = AgentConfiguration(
            agent: name, stateDirectory: state, kafka: KafkaConfiguration(bootstrapServers: "simulated"), caches: [])
        configuration.fence = FenceConfiguration(mode: mode, after: after, file: state + "/fence")
        if let ask { configuration.ask = AskConfiguration(socket: "simulated", marker: state + "/ask", span: ask) }
        configuration.tier = tier
        configuration.bootIDFile = state + "/boot_id"
        configuration.guardWindow = Self.guardWindow
        configuration.clockSkewMax = Self.clockSkewMax
        configuration.replayWindow = Self.replayWindow
        configuration.verifyInterval = .zero
        configuration.fileThreads = 1
        configuration.queueEntriesMax = queueEntriesMax
        self.configuration = configuration
        fenceFile = MarkerFile(path: configuration.fence.file)
        askMarker = MarkerFile(path: state + "/ask")
        directories = (0..<caches).map { MemoryDirectory("/\(name)/cache-\($0)", clock) }
        nginx = SimulatedNginx(directories, clock)
        try boot()
    }

    static let guardWindow = Duration.seconds(3)
    static let clockSkewMax = Duration.seconds(2)
    /// Longer than late responses may land and their marks may take to the disk.
    private static let replayWindow = Duration.seconds(10)

    var mode: FenceMode { configuration.fence.mode }
    /// Whether its caches fill from others.
    var fillsFromTier: Bool { configuration.tier.above != nil }
    var isAlive: Bool { agent != nil }
    var isLive: Bool { agent.map { !$0.board.isScanning && $0.queue.isCaughtUp && !isFenced } ?? false }
    var isFenced: Bool { (try? fenceFile.isThere) ?? false }

    // MARK: nginx

    /// What is served from the cache; nil where the origin answers.
    func served(_ page: Int) -> MemoryDirectory.File? {
        isFenced ? nil : file(page)
    }

    private func file(_ page: Int) -> MemoryDirectory.File? { nginx.file(page).flatMap { $0.isLive ? $0 : nil } }

    /// Until when nginx asks; nil: it does not.
    var askSpan: AskConfiguration.Span? { configuration.ask.socket == nil ? nil : configuration.ask.span }

    /// What a visitor of a page gets from the cache, where nginx asks the agent before; nil where the origin answers.
    func askedFor(_ page: Int) throws -> MemoryDirectory.File? {
        guard askSpan != nil else { return served(page) }
        // Without it nginx does not look for the fence.
        if try askMarker.isThere {
            if isFenced { return nil }
            // Where nobody answers the cache is bypassed.
            guard let judge = agent?.judge else { return nil }
            var buffer: [UInt8] = []
            let question = AskQuestion(cacheKey: Array("\(page)".utf8), host: [], requestURI: [])
            if case .stale = judge.verdict(question, buffer: &buffer).answer { return nil }
        }
        return file(page)
    }

    /// A visitor asks for a page that is to be fetched, or checked with the origin.
    func visit(_ page: Int, version: Int, revalidates: Bool) {
        guard !isFenced else { return }
        if revalidates { nginx.revalidate(page, version: version) } else { nginx.begin(page, version: version) }
    }

    // MARK: The agent's life

    func start() throws {
        guard agent == nil else { return }
        starts += 1
        startedAt = clock.passed
        let sources = directories.enumerated().map { MemoryCache.source(UInt8($0.offset), $0.element) }
        agent = try SimulatedAgent(
            configuration, instance: "\(name)/\(starts)", database: database, sources: sources,
            directories: directories, consumer: SimulatedConsumer(broker, link), clock: clock)
    }

    /// `kill -9`; systemd sets the fence where the mode asks for it.
    func crash() throws {
        guard agent != nil else { return }
        drop()
        _ = try FenceMarkers.set(at: .stop, configuration)
    }

    /// The power goes and comes back: what the disk had not got of the marks is undone, and the boot sets the fence.
    func losePower(_ isLost: (MemoryDirectory.Mark) -> Bool) throws {
        drop()
        forgetTold()
        completed = [:]
        nginx.crash()
        for directory in directories { directory.losePower(isLost) }
        // They lie in a directory that is emptied.
        try fenceFile.remove()
        try askMarker.remove()
        // What was read and not on the disk yet is read again, and the fence stands meanwhile.
        if mode == .off { effective = [:] }
        try boot()
    }

    /// What will be replayed is promised only once it has been, or while the fence stands.
    private func forgetTold() {
        let settled = PositionsFile(path: configuration.stateDirectory + "/positions")?.partitions ?? []
        let window = Self.replayWindow.wholeMilliseconds
        for (place, at) in told {
            // Where a flush stands for missed purges, positions begin behind all of them, and it is to be done again.
            let isSettled =
                at + window <= clock.passed
                && settled.contains { $0.partition == place.partition && place.offset < $0.offset }
            if !isSettled { told[place] = nil }
            if !isSettled, mode == .off { unsettled.insert(place) }
        }
    }

    private func drop() {
        agent?.close()
        agent = nil
    }

    private func boot() throws {
        boots += 1
        try SmallFile.replace(configuration.bootIDFile, with: Array("\(boots)".utf8))
        _ = try FenceMarkers.set(at: .boot, configuration)
    }

    // MARK: The agent's threads

    var isCutOff: Bool {
        get { link.isCutOff }
        set { link.isCutOff = newValue }
    }

    func read(limit: Int) throws {
        guard let agent else { return }
        let flushes = agent.board.counts.flushes
        try agent.read(limit: limit)
        if agent.board.counts.flushes > flushes { flushedAt = clock.passed }
    }

    func work() throws {
        guard let agent else { return }
        let began = clock.passed
        try agent.work()
        if fillsFromTier { noteCompleted(agent, since: began) }
        agent.reclaim()
        if !agent.board.isScanning { lookedAt = began }
        hasFoundLate = hasFoundLate || agent.board.counters.foundLate.value > 0
    }

    private func noteCompleted(_ agent: SimulatedAgent, since began: Int64) {
        for progress in agent.queue.progress() {
            for offset in 0..<max(0, progress.queued) where progress.hasApplied(offset) {
                let place = SimulatedBroker.Place(partition: progress.partition, offset: offset)
                if completed[place] == nil { completed[place] = began }
            }
        }
    }

    /// The next offset that its agent reads of a partition.
    func queued(_ partition: Int32) -> Int64 {
        agent?.queue.progress().first { $0.partition == partition }?.queued ?? 0
    }

    /// Hears how far the tier above is.
    func hear(_ word: TierWord) { if !isCutOff { _ = agent?.queue.hear(word) } }

    func look() {
        agent?.fence.look()
        agent?.keepMarker()
    }

    func ask() { if !isCutOff { agent?.ask(broker) } }

    func answer() { if !isCutOff { agent?.answer() } }

    func acknowledge() {
        guard let agent, !isCutOff else { return }
        agent.acknowledge(broker)
        let ends = broker.ends
        for progress in agent.queue.progress() {
            for offset in 0..<(progress.effective ?? 0) {
                let place = SimulatedBroker.Place(partition: progress.partition, offset: offset)
                if effective[place] == nil { effective[place] = clock.passed }
            }
            for offset in 0..<(ends[progress.partition] ?? 0) where progress.hasApplied(offset) {
                let place = SimulatedBroker.Place(partition: progress.partition, offset: offset)
                if told[place] == nil { told[place] = clock.passed }
                unsettled.remove(place)
            }
        }
    }

    func drain() throws { try agent?.fence.drain() }
    func resume() throws { try agent?.fence.resume() }

    // MARK: Trouble

    /// Whether the file of a page can be changed.
    func setMarkable(_ page: Int, _ isMarkable: Bool) {
        let directory = directories[page % directories.count]
        if isMarkable {
            if directory.unmarkable.remove(page) != nil { unmarkableUntil[page] = clock.passed }
        } else {
            directory.unmarkable.insert(page)
        }
    }

    /// Until when a page's file could not be changed; nil: it always could.
    func wasUnmarkable(_ page: Int) -> Int64? {
        directories[page % directories.count].unmarkable.contains(page) ? .max : unmarkableUntil[page]
    }
}
