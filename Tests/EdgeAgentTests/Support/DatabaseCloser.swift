import Synchronization

@testable import EdgeAgent

/// Closes a database that is known only later.
final class DatabaseCloser: Sendable {
    private let database = Mutex<AgentDatabase?>(nil)

    func set(_ database: AgentDatabase) { self.database.withLock { $0 = database } }

    func close() { database.withLock { $0 }?.close() }
}
