/// The purges that ``PurgeApplier`` is not done with, for ``LateFillKeeper`` to ask about.
struct UnfinishedPurges: Sendable {
    /// Those that are not done for the first time, and the caches that each waits for.
    private var undone: [QueueKey: Set<UInt8>] = [:]
    /// Those that are applied once more, now or by and by, and likewise.
    private var repeating: [QueueKey: Set<UInt8>] = [:]

    /// - Parameter accounts: of all that are worked on or wait.
    init(_ accounts: some Sequence<PurgeAccount>) {
        for account in accounts {
            if account.isRepeated {
                repeating[account.key] = account.pending
            } else {
                undone[account.key] = account.pending
            }
        }
    }

    func contains(_ key: QueueKey) -> Bool { undone[key] != nil || isRepeating(key) }

    /// Whether a purge is applied once more, now or by and by.
    func isRepeating(_ key: QueueKey) -> Bool { repeating[key] != nil }

    /// Whether a purge is to go through all of these caches.
    func isWaiting(_ key: QueueKey, for caches: Set<UInt8>) -> Bool {
        (undone[key] ?? repeating[key])?.isSuperset(of: caches) == true
    }
}
