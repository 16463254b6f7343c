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
    /// While an agent is silent, or the purge is not in memory, nobody tells when it stands differently.
    private static let lookPause: Duration = .seconds(1)

    let id: PurgeID
    /// How it stands at the beginning.
    let first: PurgeStatus
    /// Who watches.
    let caller: Caller
    let tenant: Tenant
    let ledger: PurgeLedger
    let history: PurgeHistory
    let authenticator: Authenticator

    func makeAsyncIterator() -> Iterator {
        Iterator(source: self)
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: ProgressEvents
        private var told: PurgeStatus?
        private var toldAt = ContinuousClock.now
        /// How much had changed when it was looked at; nil where that is not known.
        private var seen: Int?
        private var hasLooked = false

        fileprivate init(source: ProgressEvents) {
            self.source = source
        }

        mutating func next() async throws -> ByteBuffer? {
            guard let told else { return try tell(source.first) }
            guard told.state != .confirmed else { return nil }
            while true {
                if hasLooked { await wait(agents: told.agents.expected) }
                if Task.isCancelled || Task.isShuttingDownGracefully || !source.authenticator.stillKnows(source.caller)
                {
                    return nil
                }
                // Before it is looked at: what changes meanwhile is seen the next time.
                seen = source.changes
                hasLooked = true
                guard let status = try await source.history.status(of: source.id, for: source.tenant) else {
                    return nil
                }
                if status != told || .now - toldAt >= heartbeat { return try tell(status) }
            }
        }

        /// Waits until there may be more to tell.
        private func wait(agents: Int) async {
            let (source, seen) = (source, seen)
            let quiet = heartbeat - (.now - toldAt)
            let limit = source.mayChangeUntold || seen == nil ? Swift.min(quiet, lookPause) : quiet
            let sooner = (agents < manyAgents ? coalescing : coalescingOfMany) - (.now - toldAt)
            await cancelWhenGracefulShutdown {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        if let seen {
                            await source.ledger.waitForChange(of: source.id, since: seen, timeout: limit)
                        } else {
                            try? await Task.sleep(for: limit)
                        }
                        // More may follow at once; the end is told without delay.
                        await source.ledger.wait(for: .confirmed, of: source.id, timeout: Swift.max(.zero, sooner))
                    }
                    group.addTask { await source.authenticator.waitUntilForgotten(source.caller) }
                    await group.next()
                    group.cancelAll()
                }
            }
        }

        private mutating func tell(_ status: PurgeStatus) throws -> ByteBuffer {
            told = status
            toldAt = .now
            let event = status.state == .confirmed ? "confirmed" : "progress"
            return ByteBuffer(string: "event: \(event)\ndata: \(try JSONResponse.text(status))\n\n")
        }
    }

    /// Counts changes of the purge; nil where it is not in memory.
    private var changes: Int? { ledger.read { state, _ in state.changes(of: id) } }

    private var mayChangeUntold: Bool { ledger.read { state, now in state.isAnybodySilent(at: now) } }
}
