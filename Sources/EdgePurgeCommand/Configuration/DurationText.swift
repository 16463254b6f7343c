/// Lengths of time as an operator writes them: a whole number and a unit, `500ms`, `10s`, `5m`, `2h`, `7d`.
enum DurationText {
    /// What is understood, for error messages.
    static let form = "a whole number and a unit: 500ms, 10s, 5m, 2h, 7d"

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1000),
    ]

    /// The duration that `text` says; nil when it has no unit, is not a whole number, is negative or too large.
    static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let count = Int64(digits) else { return nil }
        let name = text[digits.endIndex...]
        // Zero needs no unit.
        if count == 0 && name.isEmpty { return .zero }
        guard let unit = units.first(where: { $0.name == name }) else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        // Duration counts attoseconds in 128 bits; a hundred years is more than anybody waits.
        guard !overflow, milliseconds <= 100 * 366 * 86_400_000 else { return nil }
        return .milliseconds(milliseconds)
    }

    /// `duration` in the largest unit that is exact, rounded down to whole milliseconds.
    static func text(_ duration: Duration) -> String {
        let milliseconds = milliseconds(duration)
        if milliseconds == 0 { return "0s" }
        let exact = units.sorted { $0.milliseconds > $1.milliseconds }.first { milliseconds % $0.milliseconds == 0 }
        guard let exact else { return "\(milliseconds)ms" }
        return "\(milliseconds / exact.milliseconds)\(exact.name)"
    }

    /// Whole milliseconds of `duration`, rounded down.
    static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }

    /// `milliseconds` for a person to read at a glance: `12 ms`, `1.4 s`, `3 min 20 s`, `2 h 5 min`.
    static func approximate(milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: return "\(milliseconds) ms"
        case ..<60_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
        case ..<3_600_000: return "\(milliseconds / 60_000) min \(milliseconds % 60_000 / 1000) s"
        default: return "\(milliseconds / 3_600_000) h \(milliseconds % 3_600_000 / 60_000) min"
        }
    }
}
