/// All zones this control plane takes purges for.
package struct ZoneTable: Sendable, Hashable {
    /// In the order of the configuration.
    package let zones: [Zone]
    private let byID: [String: Int]

    /// Throws ``ZoneError`` when an id occurs twice, or zones of one account have different limits.
    ///
    /// Two zones may have overlapping scopes.
    package init(_ zones: [Zone]) throws(ZoneError) {
        var byID: [String: Int] = [:]
        for (index, zone) in zones.enumerated() {
            guard byID.updateValue(index, forKey: zone.id) == nil else {
                throw ZoneError("zone id \(zone.id) is there twice; each zone needs its own")
            }
        }
        for (account, own) in Dictionary(grouping: zones, by: \.account) {
            guard let first = own.first, let other = own.first(where: { !$0.limits.hasSameBuckets(as: first.limits) })
            else { continue }
            throw ZoneError(
                "zones \(first.name) and \(other.name) share the account \(account), so they need the same plan and "
                    + "limits"
            )
        }
        self.zones = zones
        self.byID = byID
    }

    /// The zone with this id, in any case; nil when there is none.
    package func zone(id: String) -> Zone? {
        byID[id.lowercased()].map { zones[$0] }
    }
}
