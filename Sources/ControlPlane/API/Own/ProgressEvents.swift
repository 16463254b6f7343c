import Hummingbird
import NIOCore
import PurgeModel
import ServiceLifecycle

/// How a purge stands, each time that changes, until it is confirmed or the server stops: `event: progress`, at the end
/// `confirmed`.
struct ProgressEvents: AsyncSequence, Sendable {
    /// Changes within this time are told together.
    private static let coalescing: Duration = .milliseconds(100)
    /// With this many agents the answer is long, and told less often.
    private static let manyAgents = 1000
    private static let coalescingOfMany: Duration = .seconds(1)
    /// Something is said at least this often, so that nobody on the way takes the connection for dead.
    private static let heartbeat: Duration = .seconds(15)
    /// Silence of agents changes how a purge stands without a word from anybody.
    private static let lookPause: Duration = .seconds(1)

    let id: PurgeID
    /// How it stands at the beginning.
    let first: PurgeStatus
    /// Who watches.
    let tenant: Tenant
    let ledger: PurgeLedger
    let history: PurgeHistory
    /// Whether who watches still may.
    let isAllowed: @Sendable () -> Bool

    func makeAsyncIterator() -> Iterator {
        Iterator(source: self)
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: ProgressEvents
        private var told: PurgeStatus?
        private var toldAt = ContinuousClock.now

        fileprivate init(source: ProgressEvents) {
            self.source = source
        }

        mutating func next() async throws -> ByteBuffer? {
            guard let told else { return try tell(source.first) }
            guard told.state != .confirmed else { return nil }
            let pause = told.agents.expected < manyAgents ? coalescing : coalescingOfMany
            while true {
                let changes = source.changes
                let lookedAt = ContinuousClock.now
                repeat {
                    await cancelWhenGracefulShutdown { [source] in
                        await source.ledger.wait(for: .confirmed, of: source.id, timeout: pause)
                    }
                    if Task.isCancelled || Task.isShuttingDownGracefully || !source.isAllowed() { return nil }
                } while changes == source.changes && .now - lookedAt < lookPause
                guard let status = try await source.history.status(of: source.id, for: source.tenant) else {
                    return nil
                }
                if status != told || .now - toldAt >= heartbeat { return try tell(status) }
            }
        }

        private mutating func tell(_ status: PurgeStatus) throws -> ByteBuffer {
            told = status
            toldAt = .now
            let event = status.state == .confirmed ? "confirmed" : "progress"
            return ByteBuffer(string: "event: \(event)\ndata: \(try JSONResponse.text(status))\n\n")
        }
    }

    private var changes: Int? {
        ledger.read { state, _ in state.record(of: id)?.changes }
    }
}
