/// The purges that stand as guards, on disk, so that a restart knows of them.
///
/// Written together with the completion of the purge, removed when the guard has ended.
struct GuardStore: Sendable {
    private let meta: Meta

    init(_ database: AgentDatabase) { meta = database.meta }

    /// Keeps a guard.
    func put(_ key: QueueKey, _ record: GuardRecord, into change: inout Change) {
        meta.guards.put(key, record, into: &change)
    }

    /// Forgets a guard.
    func remove(_ key: QueueKey, from change: inout Change) { meta.guards.delete(key, from: &change) }

    /// The guard of a purge; nil when there is none.
    func record(_ key: QueueKey) throws -> GuardRecord? { try meta.guards.value(key) }

    /// The purges that guarded when an earlier run ended, oldest first within each partition.
    func keys() throws -> [QueueKey] { try meta.guards.keys() }

    // MARK: Objects not judged yet

    /// Notes, with its index entry, that an object is to be judged.
    func putSuspect(_ key: ObjectKey, into change: inout Change) { meta.suspects.put(key, Flag(), into: &change) }

    /// Forgets that an object is to be judged.
    func removeSuspect(_ key: ObjectKey, from change: inout Change) { meta.suspects.delete(key, from: &change) }

    /// Forgets it of all objects.
    func removeAllSuspects(from change: inout Change) { meta.suspects.deleteAll(from: &change) }

    /// The objects that were to be judged when an earlier run ended.
    func suspects() throws -> [ObjectKey] { try meta.suspects.keys() }
}
