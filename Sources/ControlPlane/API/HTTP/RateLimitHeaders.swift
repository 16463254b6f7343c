import HTTPTypes
import Hummingbird

extension Response {
    private static let limitField = HTTPField.Name("Ratelimit")
    private static let policyField = HTTPField.Name("Ratelimit-Policy")

    /// Adds `Ratelimit` and `Ratelimit-Policy` in the form of the IETF's draft; no fields where nothing limits the
    /// account.
    mutating func addHeaders(of verdict: RateLimitVerdict) {
        let quotas = verdict.quotas
        guard !quotas.isEmpty, let limit = Self.limitField, let policy = Self.policyField else { return }
        headers[limit] = quotas.map { "\"\($0.name)\";r=\($0.remaining);t=\($0.fullInSeconds)" }.joined(separator: ", ")
        headers[policy] = quotas.map { "\"\($0.name)\";q=\($0.size);w=\($0.windowSeconds)" }.joined(separator: ", ")
    }
}
