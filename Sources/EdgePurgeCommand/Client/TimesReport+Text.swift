import PurgeModel

extension TimesReport {
    /// `p50 24 ms, p99 61 ms`, or that nothing was confirmed.
    var text: String {
        guard let p50Ms, let p99Ms else { return "no purge confirmed" }
        return "p50 \(Self.text(p50Ms)), p99 \(Self.text(p99Ms))"
    }

    private static func text(_ milliseconds: UInt64) -> String {
        DurationText.approximate(milliseconds: Int64(clamping: milliseconds))
    }
}
