import Hummingbird
import PrometheusText
import Threads

/// Counts what was refused, to whom and why, for metrics.
///
/// Whoever has no token is counted together: names that anybody can make up would push out those of tenants.
struct RefusalCounters: Sendable {
    /// By the name of the token, and the reason.
    let counts: CounterFamily
    /// In the place of a token's name.
    static let nobody = "none"

    /// Counts how a request ended where it was refused for what the tenant has too much of, or may not do.
    func note(_ outcome: Result<Response, any Error>, of caller: Caller) {
        guard let reason = Self.reason(of: outcome) else { return }
        counts.increment([caller.name ?? Self.nobody, reason])
    }

    private static func reason(of outcome: Result<Response, any Error>) -> String? {
        switch outcome {
        case .success(let response) where response.status == .tooManyRequests: "rate"
        case .success: nil
        case .failure(is AccessRefusal): "access"
        case .failure(is TurnQueue<Tenant>.Full): "turns"
        case .failure(let error as APIError) where error.code == HeldRequests.tooMany: "places"
        case .failure: nil
        }
    }
}
