/// Times of the same thing, measured repeatedly.
struct Samples {
    private var durations: [Duration] = []

    /// Adds one.
    mutating func add(_ duration: Duration) { durations.append(duration) }

    /// The value that half of them do not exceed; zero when there are none.
    var median: Duration { percentile(50) }

    /// The value that this many percent of them do not exceed; zero when there are none.
    func percentile(_ percent: Int) -> Duration {
        guard !durations.isEmpty else { return .zero }
        let sorted = durations.sorted()
        return sorted[min(sorted.count - 1, (sorted.count * percent + 99) / 100 - 1)]
    }

    /// All of them together.
    var total: Duration { durations.reduce(.zero, +) }
}

extension Duration {
    /// The same in seconds.
    var seconds: Double { self / .seconds(1) }

    /// Milliseconds with two digits behind the point.
    var milliseconds: String { Report.text(self / .milliseconds(1), digits: 2) + " ms" }
}
