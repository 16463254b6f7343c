import PurgeModel

/// `GET /v1/times`: how long purges took to be confirmed.
struct TimesSummary: Decodable {
    /// Purges confirmed in the time asked for.
    var count: Int64
    var p50Ms: Double?
    var p99Ms: Double?

    /// `p50 24 ms, p99 61 ms`; a dash where nothing was confirmed.
    var text: String {
        guard let p50Ms, let p99Ms else { return "no purge confirmed" }
        return "p50 \(Self.text(p50Ms)), p99 \(Self.text(p99Ms))"
    }

    private static func text(_ milliseconds: Double) -> String {
        DurationText.approximate(milliseconds: Int64(exactly: milliseconds.rounded()) ?? 0)
    }
}
