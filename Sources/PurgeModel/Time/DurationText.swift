/// Lengths of time as an operator writes them: a whole number and a unit, `500ms`, `10s`, `5m`, `2h`, `7d`.
package enum DurationText {
    /// What a number counts.
    package enum Unit: String, Sendable, CaseIterable {
        case milliseconds = "ms"
        case seconds = "s"
        case minutes = "m"
        case hours = "h"
        case days = "d"

        var inMilliseconds: Int64 {
            switch self {
            case .milliseconds: 1
            case .seconds: 1000
            case .minutes: 60_000
            case .hours: 3_600_000
            case .days: 86_400_000
            }
        }
    }

    /// What is understood, for error messages.
    package static let form = "a whole number and a unit: 500ms, 10s, 5m, 2h, 7d"

    /// A hundred years is more than anybody waits.
    private static let longest = Duration.seconds(100 * 366 * 86_400)

    /// The duration that `text` says; nil when it has no unit, is not a whole number, is negative or too large.
    package static func duration(_ text: String) -> Duration? {
        guard let (count, unit) = parts(text) else { return nil }
        // Zero needs no unit.
        guard let unit = unit ?? (count == 0 ? .seconds : nil) else { return nil }
        let duration = duration(count, unit)
        return duration <= longest ? duration : nil
    }

    /// The number and the unit that `text` has; no unit where the number stands alone, nil for anything else.
    package static func parts(_ text: some StringProtocol) -> (count: Int64, unit: Unit?)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits) else { return nil }
        let name = text[digits.endIndex...]
        if name.isEmpty { return (count, nil) }
        return Unit(rawValue: String(name)).map { (count, $0) }
    }

    /// So many of a unit; the longest that milliseconds can count where it would be longer.
    package static func duration(_ count: Int64, _ unit: Unit) -> Duration {
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.inMilliseconds)
        return .milliseconds(overflow ? .max : milliseconds)
    }

    /// `duration` in the largest unit that is exact, rounded down to whole milliseconds.
    package static func text(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        if milliseconds == 0 { return "0s" }
        let exact = Unit.allCases.last { milliseconds.isMultiple(of: $0.inMilliseconds) } ?? .milliseconds
        return "\(milliseconds / exact.inMilliseconds)\(exact.rawValue)"
    }

    /// `milliseconds` for a person to read at a glance: `12 ms`, `1.4 s`, `3 min 20 s`, `2 h 5 min`.
    package static func approximate(milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: return "\(milliseconds) ms"
        case ..<60_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
        case ..<3_600_000: return "\(milliseconds / 60_000) min \(milliseconds % 60_000 / 1000) s"
        default: return "\(milliseconds / 3_600_000) h \(milliseconds % 3_600_000 / 60_000) min"
        }
    }
}
