internal import PurgeModel

/// The answer of `GET /v1/times`: how long purges took until they were confirmed.
///
/// Field names become snake_case; what has no value is absent.
struct TimesReport: Encodable, Sendable {
    /// The spans that can be asked for.
    enum Window: String, CaseIterable, Sendable {
        case hour = "1h"
        case day = "24h"

        /// Minutes of the whole span, and of one point.
        var minutes: (whole: Int64, step: Int64) {
            switch self {
            case .hour: (60, 1)
            case .day: (24 * 60, 15)
            }
        }
    }

    /// Purges that were confirmed within one step.
    struct Point: Encodable, Sendable {
        /// When the step begins.
        var at: String
        var count: UInt64
        var p50Ms: UInt64?
        var p99Ms: UInt64?
    }

    var windowS: Int64
    var stepS: Int64
    var count: UInt64
    var p50Ms: UInt64?
    var p99Ms: UInt64?
    var maxMs: UInt64?
    /// All steps, the oldest first; the last one is still running.
    var points: [Point]

    /// Adds up the minutes of a window that ends now.
    init(_ times: ConfirmationTimes, window: Window, now: Timestamp) {
        let (whole, step) = window.minutes
        windowS = whole * 60
        stepS = step * 60
        // Steps begin at whole multiples, so that the same step has the same numbers in every answer.
        let minute = ConfirmationTimes.minute(of: now)
        let last = minute - (minute % step + step) % step
        var all = TimeHistogram()
        points = stride(from: last - whole + step, through: last, by: Int(step)).map { start in
            var sum = TimeHistogram()
            for minute in start..<start + step { sum.add(times.minutes[minute] ?? TimeHistogram()) }
            all.add(sum)
            return Point(
                at: Timestamp(milliseconds: start * 60_000).description, count: sum.count, p50Ms: sum.percentile(0.5),
                p99Ms: sum.percentile(0.99))
        }
        count = all.count
        p50Ms = all.percentile(0.5)
        p99Ms = all.percentile(0.99)
        maxMs = all.count == 0 ? nil : all.max
    }
}
