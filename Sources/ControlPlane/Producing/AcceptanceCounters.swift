import PrometheusText
import PurgeModel

/// How many purges Kafka has stored for us, and how many not, for metrics.
final class AcceptanceCounters: Sendable {
    /// By selector and mode.
    let accepted = CounterFamily()
    /// By outcome.
    let failures = CounterFamily()

    /// A counter that is not there before its first failure hides that one: there is nothing it rose from.
    init() {
        for outcome in [PurgeProducerError.Outcome.notStored, .unknown, .refused] {
            failures.increment([Self.name(of: outcome)], by: 0)
        }
    }

    /// Counts a purge that Kafka has stored for us.
    func accepted(_ event: PurgeEvent) {
        accepted.increment([event.selectors.kind.rawValue, event.mode.rawValue])
    }

    /// Counts a purge that Kafka has not stored, as far as is known.
    func failed(_ outcome: PurgeProducerError.Outcome) {
        failures.increment([Self.name(of: outcome)])
    }

    private static func name(of outcome: PurgeProducerError.Outcome) -> String {
        switch outcome {
        case .notStored: "not_stored"
        case .unknown: "unknown"
        case .refused: "refused"
        }
    }
}
