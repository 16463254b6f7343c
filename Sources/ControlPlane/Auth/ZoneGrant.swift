/// The zones that a token may purge.
package enum ZoneGrant: Sendable, Hashable {
    /// Every zone, also those that are added later.
    case all
    /// These ids, in lower case.
    case some(Set<String>)

    /// Whether the zone with this id, in lower case, is one of them.
    package func contains(_ zone: String) -> Bool {
        switch self {
        case .all: true
        case .some(let zones): zones.contains(zone)
        }
    }

    /// As it is written: `["*"]`, or the ids in their order.
    package var texts: [String] {
        switch self {
        case .all: ["*"]
        case .some(let zones): zones.sorted()
        }
    }
}
