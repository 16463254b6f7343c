/// The `?wait=` parameter: how long an answer may be held back for a confirmation.
enum WaitDuration {
    /// Nothing waits longer than this; proxies in between give up earlier anyway.
    static let longest: Duration = .seconds(300)

    /// Reads `10s`, `500ms`, `1m`; a bare number means seconds.
    ///
    /// Longer waits than ``longest`` are cut to it; nil for anything else.
    static func parse(_ text: some StringProtocol) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        // Nine digits cannot overflow in any of the units.
        guard !digits.isEmpty, digits.count <= 9, let value = Int(digits) else { return nil }
        let duration: Duration
        switch text.dropFirst(digits.count) {
        case "ms": duration = .milliseconds(value)
        case "s", "": duration = .seconds(value)
        case "m": duration = .seconds(value * 60)
        default: return nil
        }
        return min(duration, longest)
    }
}
