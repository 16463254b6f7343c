import PurgeModel

/// The `?wait=` parameter: how long an answer may be held back for a confirmation.
enum WaitDuration {
    /// Nothing waits longer than this; proxies in between give up earlier anyway.
    static let longest: Duration = .seconds(300)

    /// Reads `10s`, `500ms`, `1m`; a bare number means seconds.
    ///
    /// Longer waits than ``longest`` are cut to it; nil for anything else.
    static func parse(_ text: some StringProtocol) -> Duration? {
        guard let (count, unit) = DurationText.parts(text), count <= 999_999_999 else { return nil }
        let known: [DurationText.Unit] = [.milliseconds, .seconds, .minutes]
        guard known.contains(unit ?? .seconds) else { return nil }
        return min(DurationText.duration(count, unit ?? .seconds), longest)
    }
}
