import PurgeModel
import Synchronization

/// The ids that callers gave and that are on their way to Kafka, so that two requests with one id at once become one
/// purge.
final class IDsInProgress: Sendable {
    private let ids: Mutex<Set<PurgeID>> = Mutex([])

    /// Runs `body` unless the same id is in progress; nil then.
    func holding<R: Sendable>(
        _ id: PurgeID, _ body: () async throws -> R
    ) async throws -> R? {
        guard ids.withLock({ $0.insert(id).inserted }) else { return nil }
        defer { ids.withLock { _ = $0.remove(id) } }
        return try await body()
    }
}
