/// The answer of `GET /v1/times`: how long purges took until they were confirmed.
///
/// What has no value is absent.
package struct TimesReport: Codable, Sendable, Hashable {
    /// Purges that were confirmed within one step.
    package struct Point: Codable, Sendable, Hashable {
        private enum CodingKeys: String, CodingKey {
            case at, count
            case p50Ms = "p50_ms"
            case p99Ms = "p99_ms"
        }

        /// When the step begins.
        package let at: String
        package let count: UInt64
        package let p50Ms: UInt64?
        package let p99Ms: UInt64?

        package init(at: String, count: UInt64, p50Ms: UInt64?, p99Ms: UInt64?) {
            self.at = at
            self.count = count
            self.p50Ms = p50Ms
            self.p99Ms = p99Ms
        }
    }

    private enum CodingKeys: String, CodingKey {
        case count, points
        case windowS = "window_s"
        case stepS = "step_s"
        case p50Ms = "p50_ms"
        case p99Ms = "p99_ms"
        case maxMs = "max_ms"
    }

    /// Seconds of the whole span.
    package let windowS: Int64
    /// Seconds of one point.
    package let stepS: Int64
    /// Purges confirmed in the whole span.
    package let count: UInt64
    package let p50Ms: UInt64?
    package let p99Ms: UInt64?
    package let maxMs: UInt64?
    /// All steps, the oldest first; the last one is still running.
    package let points: [Point]

    package init(
        windowS: Int64, stepS: Int64, count: UInt64, p50Ms: UInt64? = nil, p99Ms: UInt64? = nil, maxMs: UInt64? = nil,
        points: [Point] = []
    ) {
        self.windowS = windowS
        self.stepS = stepS
        self.count = count
        self.p50Ms = p50Ms
        self.p99Ms = p99Ms
        self.maxMs = maxMs
        self.points = points
    }
}
