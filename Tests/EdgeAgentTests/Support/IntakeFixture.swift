import Kafka
import Logging
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import EdgeAgent

/// An intake over a topic in memory; nothing happens unless a test says so.
final class IntakeFixture {
    let topic = MemoryTopic()
    let clock = TestClock(.stands)
    let log = Lines()
    private let directory: TemporaryDirectory
    private let database: AgentDatabase
    private(set) var queue: PurgeQueue
    private(set) var board = AgentStatusBoard {}
    private var intake: Intake
    private var run = Intake.Run()

    /// What was logged, level and text.
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.notice
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add("\(event.level): \(event.message)") }
    }

    init() throws {
        topic.setProducersTime { [clock] in clock.now }
        directory = try TemporaryDirectory()
        database = try TestDatabase.open(directory)
        queue = try PurgeQueue(database: database, entriesMax: 100, clock: clock)
        intake = try Self.intake(topic, queue, board, clock, directory, log)
    }

    /// The process ends and starts anew.
    func restart() throws {
        queue = try PurgeQueue(database: database, entriesMax: 100, clock: clock)
        board = AgentStatusBoard {}
        intake = try Self.intake(topic, queue, board, clock, directory, log)
        run = Intake.Run()
    }

    private static func intake(
        _ topic: MemoryTopic, _ queue: PurgeQueue, _ board: AgentStatusBoard, _ clock: TestClock,
        _ directory: TemporaryDirectory, _ log: Lines
    ) throws -> Intake {
        let replay = ReplayWindow(
            path: directory.path + "/positions", bootID: "b", window: .seconds(600), settled: queue.positions())
        return try Intake(
            consumer: topic, topic: "purge.events", queue: queue, status: board, missedPurges: .delete, replay: replay,
            clockSkewMax: .seconds(60), health: StoreHealth(directory: directory.path, reserveBytes: 0), clock: clock,
            logger: Logger(label: "test") { _ in Handler(lines: log) }, onOrder: { _ in }, onArrival: {})
    }

    /// Makes rounds, in each of which so much time passes.
    func rounds(_ count: Int = 3, _ step: Duration = .milliseconds(300)) throws {
        for _ in 0..<count {
            clock.advance(by: step)
            do {
                try intake.round(&run)
            } catch let gone as FewerPartitions {
                throw gone
            } catch {
                intake.failed(error, &run)
            }
        }
    }

    /// Applies all that is in the queue.
    func apply() throws {
        let keys = queue.takePurges(.max).map(\.key)
        try database.write { change in for key in keys { queue.complete(key, into: &change) } }
        queue.completed(keys)
    }

    var flushes: Int64 { board.counts.flushes }
    var reading: PartitionReading? { queue.readings()[0] }

    /// The offsets in the queue, flushes too.
    var queued: [Int64] { queue.takePurges(.max).map(\.key.offset) }
}
