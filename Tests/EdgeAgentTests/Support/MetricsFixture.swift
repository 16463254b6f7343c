import LinuxFiles
import PurgeModel
import TestSupport

@testable import EdgeAgent

/// What an agent's metrics are made of, without a worker.
final class MetricsFixture {
    let directory: TemporaryDirectory
    let database: AgentDatabase
    let queue: PurgeQueue
    let board: AgentStatusBoard
    let report: AgentMetricsReport

    init() throws {
        directory = try TemporaryDirectory()
        database = try TestDatabase.open(directory)
        queue = try PurgeQueue(database: database, entriesMax: 100)
        board = AgentStatusBoard(indexed: IndexTotals(objects: 3, bytes: 4096)) {}
        report = AgentMetricsReport(
            reporter: AgentReporter(
                agent: "edge \"1\"", instance: "1", machine: "0123456789abcdef", software: "edge-purge test",
                cache: "nginx", region: nil, tier: TierConfiguration(),
                guardWindow: .zero, queue: queue,
                board: board,
                fence: {
                    FenceWord(
                        version: 1, isFenced: false, reason: nil, isDrained: false, isHeard: true, mode: .start,
                        after: .seconds(10))
                }, clock: SystemClock()),
            index: Index(database: database, normalization: .cloudflare),
            caches: try CacheSet([]) { _ in throw AgentError("no caches") })
    }

    deinit { database.close() }

    func purge(
        tags: [String] = [], hosts: [String] = [], mode: PurgeMode = .delete, acceptedAt: Timestamp? = nil
    ) throws -> PurgeEvent {
        let selectors = Selectors(
            tags: try tags.map { try CacheTag(validating: $0) }, hosts: try hosts.map { try HostName(validating: $0) })
        return WorkerFixture.event(selectors, mode: mode, acceptedAt: acceptedAt)
    }

    /// Puts a purge into the queue.
    func enqueue(partition: Int32 = 0, offset: Int64, acceptedAt: Timestamp) throws -> QueueKey {
        let event = try purge(tags: ["a"], acceptedAt: acceptedAt)
        try queue.enqueue([PurgeQueue.Arrival.purge(partition, offset, event)])
        return QueueKey(partition: partition, epoch: 0, offset: offset)
    }

    /// Puts something that is no purge into the queue.
    func enqueueNoPurge(offset: Int64) throws {
        try queue.enqueue([PurgeQueue.Arrival.refused(0, offset)])
    }

    /// Takes an entry out of the queue.
    func complete(_ key: QueueKey) throws {
        var batch = Change()
        queue.complete(key, into: &batch)
        try database.write(batch)
        queue.completed([key])
    }
}
