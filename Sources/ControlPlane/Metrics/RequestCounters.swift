import PrometheusText

/// What a control plane counts of its requests, for metrics.
final class RequestCounters: Sendable {
    /// By route and class of the status.
    let requests = CounterFamily()
    /// Until the answer begins, by route.
    let duration = HistogramFamily()
    /// Requests refused because their account has purged too much.
    let rateLimited = Counter()
    /// By tenant and reason.
    let refused = CounterFamily()
}
