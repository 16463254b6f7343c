import PurgeModel

/// The token buckets of one account.
struct AccountBuckets: Sendable {
    /// What a request takes.
    struct Demand: Sendable, Hashable {
        /// One for a request by tag, host, prefix or of everything; none for one by URL only.
        var requests: Int64
        /// The URLs it names.
        var urls: Int64

        /// What a purge of these selectors takes.
        init(_ selectors: Selectors) {
            let isByURLOnly =
                selectors.tags.isEmpty && selectors.hosts.isEmpty && selectors.prefixes.isEmpty
                && !selectors.everything
            requests = isByURLOnly ? 0 : 1
            urls = Int64(selectors.urls.count)
        }
    }

    private static let names = ["requests", "urls"]
    /// In the order of ``names``; nil: nothing limits these.
    private var buckets: [TokenBucket?]

    /// Full buckets, or as they were stored.
    /// - Parameters:
    ///   - limits: how large they are.
    ///   - stored: as they were before the restart.
    ///   - now: milliseconds of a clock that only goes forward.
    ///   - wallMilliseconds: the time of day; it says how long the restart took.
    init(_ limits: PurgeLimits, stored: StoredBuckets?, at now: Int64, wallMilliseconds: Int64) {
        // A clock that was set back brings nothing, and a year fills any bucket that anybody would notice.
        let away = min(
            TokenBucket.elapsed(from: stored?.at ?? wallMilliseconds, to: wallMilliseconds), 366 * 86_400_000)
        let kept = [stored?.requests, stored?.urls]
        buckets = zip([limits.requestRate, limits.urlRate], kept).map { rate, thousandths in
            guard let rate else { return nil }
            guard let thousandths else { return TokenBucket(rate: rate, at: now) }
            return TokenBucket(rate: rate, thousandths: thousandths, at: now - away)
        }
    }

    /// Whether anything limits this account.
    var areThereAny: Bool { buckets.contains { $0 != nil } }

    /// Takes what a request needs from all buckets, or from none.
    mutating func take(_ demand: Demand, at now: Int64) -> RateLimitVerdict {
        let counts = [demand.requests, demand.urls]
        for index in buckets.indices { buckets[index]?.refill(at: now) }
        var verdict = RateLimitVerdict(quotas: [])
        var waits: [Int64] = []
        for (index, count) in counts.enumerated() {
            guard let bucket = buckets[index] else { continue }
            let wait = bucket.milliseconds(until: count)
            if wait == 0 { continue }
            verdict.refusedBy = verdict.refusedBy ?? Self.names[index]
            if let wait { waits.append(wait) }
        }
        if verdict.refusedBy == nil {
            for (index, count) in counts.enumerated() { _ = buckets[index]?.take(count, at: now) }
        } else {
            verdict.retryAfterSeconds = waits.max().map { Int(($0 + 999) / 1000) }
        }
        verdict.quotas = zip(Self.names, buckets).compactMap(Self.quota)
        return verdict
    }

    /// As they are stored.
    func stored(wallMilliseconds: Int64) -> StoredBuckets {
        StoredBuckets(requests: buckets[0]?.thousandths, urls: buckets[1]?.thousandths, at: wallMilliseconds)
    }

    private static func quota(_ name: String, _ bucket: TokenBucket?) -> RateLimitVerdict.Quota? {
        bucket.map { bucket in
            RateLimitVerdict.Quota(
                name: name, size: bucket.rate.size, remaining: bucket.wholeTokens,
                fullInSeconds: ((bucket.milliseconds(until: bucket.rate.size) ?? 0) + 999) / 1000,
                windowSeconds: (bucket.rate.fillMilliseconds + 999) / 1000)
        }
    }
}
