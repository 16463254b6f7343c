import HTTPTypes
import PurgeModel

@testable import ControlPlane

/// One token of each kind, and the header fields that carry them.
struct TestTokens {
    private(set) var records: [AccessToken] = []
    private(set) var texts: [String: TokenText] = [:]
    private var generator = SystemRandomNumberGenerator()

    /// `reader`, `deploy` (purges the sample zone), `everywhere` (purges all zones), `operator` (admin).
    init() {
        add("reader", [.read], .some([]))
        add("deploy", [.cachePurge], .some([Samples.zoneID]))
        add("everywhere", [.cachePurge], .all)
        add("operator", [.admin], .all)
    }

    /// Adds a token.
    mutating func add(
        _ name: String, _ permissions: Set<Permission>, _ zones: ZoneGrant, expiresAt: Int64? = nil,
        email: String? = nil
    ) {
        let made = AccessToken.make(
            name: name, permissions: permissions, zones: zones, createdAt: Timestamp(milliseconds: 0),
            expiresAt: expiresAt.map(Timestamp.init(milliseconds:)), email: email, using: &generator)
        records.append(made.record)
        texts[name] = made.text
    }

    /// `Authorization` with the token of this name; no field for nil.
    func headers(_ name: String?) -> HTTPFields {
        guard let name, let text = texts[name] else { return [:] }
        return [.authorization: "Bearer \(text)"]
    }

    /// The token of this name.
    func text(_ name: String) -> String { texts[name]?.description ?? "" }
}
