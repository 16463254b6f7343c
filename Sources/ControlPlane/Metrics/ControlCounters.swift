internal import PrometheusText
internal import PurgeModel

/// What a control plane counts for its metrics.
final class ControlCounters: Sendable {
    /// From a quarter of a millisecond away to machines that were off for an hour.
    private static let confirmationBounds: [Double] = Histogram.durations + [120, 300, 900, 3600]

    let requests = CounterFamily()
    let requestDuration = HistogramFamily()
    let rateLimited = Counter()
    let accepted = CounterFamily()
    let produceFailures = CounterFamily()
    let timeToConfirmed = Histogram(bounds: confirmationBounds)

    /// A counter that is not there before its first failure hides that one: there is nothing it rose from.
    init() {
        for outcome in [PurgeProducerError.Outcome.notStored, .unknown, .refused] {
            produceFailures.increment([Self.name(of: outcome)], by: 0)
        }
    }

    /// Counts a purge that Kafka has stored for us.
    func accepted(_ event: PurgeEvent) {
        accepted.increment([event.selectors.kind.rawValue, event.mode.rawValue])
    }

    /// Counts a purge that Kafka has not stored, as far as is known.
    func failed(_ outcome: PurgeProducerError.Outcome) {
        produceFailures.increment([Self.name(of: outcome)])
    }

    private static func name(of outcome: PurgeProducerError.Outcome) -> String {
        switch outcome {
        case .notStored: "not_stored"
        case .unknown: "unknown"
        case .refused: "refused"
        }
    }
}
