import PurgeModel

/// The spans of time that `GET /v1/times` can be asked about.
enum TimesWindow: String, CaseIterable, Sendable {
    case hour = "1h"
    case day = "24h"

    /// Minutes of the whole span, and of one point.
    private var minutes: (whole: Int64, step: Int64) {
        switch self {
        case .hour: (60, 1)
        case .day: (24 * 60, 15)
        }
    }

    /// Adds up the minutes of this window, which ends now.
    func report(_ times: ConfirmationTimes, now: Timestamp) -> TimesReport {
        let (whole, step) = minutes
        // Steps begin at whole multiples, so that the same step has the same numbers in every answer.
        let minute = ConfirmationTimes.minute(of: now)
        let last = minute - (minute % step + step) % step
        var all = TimeHistogram()
        let points = stride(from: last - whole + step, through: last, by: Int(step)).map { start in
            var sum = TimeHistogram()
            for minute in start..<start + step { sum.add(times.minutes[minute] ?? TimeHistogram()) }
            all.add(sum)
            return TimesReport.Point(
                at: Timestamp(milliseconds: start * 60_000).description, count: sum.count, p50Ms: sum.percentile(0.5),
                p99Ms: sum.percentile(0.99))
        }
        return TimesReport(
            windowS: whole * 60, stepS: step * 60, count: all.count, p50Ms: all.percentile(0.5),
            p99Ms: all.percentile(0.99), maxMs: all.count == 0 ? nil : all.max, points: points)
    }
}
