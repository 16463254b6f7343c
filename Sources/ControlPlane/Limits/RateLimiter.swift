import Logging
import PurgeModel
import Synchronization

/// Holds the buckets of all accounts.
///
/// Each control plane counts for itself: two side by side let twice as much through.
final class RateLimiter: Sendable {
    /// Accounts come from the configuration, so there are no more than zones.
    private let accounts: Mutex<[String: AccountBuckets]>
    private let store: (any BucketStore)?
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let wallMilliseconds: @Sendable () -> Int64

    /// Creates a limiter.
    /// - Parameters:
    ///   - limits: the numbers of each account.
    ///   - stored: the buckets as they were before the restart.
    ///   - store: where buckets are kept; nil: nowhere.
    ///   - logger: told when they cannot be kept.
    ///   - now: milliseconds of a clock that only goes forward.
    ///   - wallMilliseconds: the time of day.
    init(
        limits: [String: PurgeLimits], stored: [String: StoredBuckets] = [:], store: (any BucketStore)? = nil,
        logger: Logger, now: @escaping @Sendable () -> Int64, wallMilliseconds: @escaping @Sendable () -> Int64
    ) {
        let (start, wall) = (now(), wallMilliseconds())
        var buckets: [String: AccountBuckets] = [:]
        for (account, limits) in limits {
            buckets[account] = AccountBuckets(
                limits, stored: stored[account], at: start, wallMilliseconds: wall)
        }
        accounts = Mutex(buckets)
        self.store = store
        self.logger = logger
        self.now = now
        self.wallMilliseconds = wallMilliseconds
    }

    /// Takes what a request needs, and keeps that before it answers; nil asks only how much is left.
    func take(_ demand: AccountBuckets.Demand, from account: String) async -> RateLimitVerdict {
        let now = now()
        let (verdict, isLimited) = accounts.withLock { accounts in
            let verdict = accounts[account]?.take(demand, at: now)
            return (verdict ?? RateLimitVerdict(quotas: []), accounts[account]?.areThereAny ?? false)
        }
        guard isLimited, verdict.refusedBy == nil, let store else { return verdict }
        do {
            try await store.keep(account) { self.stored(account) }
        } catch {
            // A full disk must not stop purges; the limits hold until the next restart.
            logger.error("rate limits cannot be kept", metadata: ["account": "\(account)", "error": "\(error)"])
        }
        return verdict
    }

    /// How much is left, without taking anything.
    func remaining(of account: String) -> RateLimitVerdict {
        let now = now()
        return accounts.withLock { $0[account]?.take(AccountBuckets.Demand(Selectors()), at: now) }
            ?? RateLimitVerdict(quotas: [])
    }

    private func stored(_ account: String) -> StoredBuckets? {
        let wall = wallMilliseconds()
        return accounts.withLock { $0[account]?.stored(wallMilliseconds: wall) }
    }
}
