import PurgeModel

/// A purge that was understood.
struct PurgeOrder: Sendable {
    let selectors: Selectors
    let zone: Zone
    let mode: PurgeMode
    let reason: String?
    /// The id that the caller gave it; nil: it gets a new one.
    let id: PurgeID?

    init(selectors: Selectors, zone: Zone, mode: PurgeMode, reason: String? = nil, id: PurgeID? = nil) {
        self.selectors = selectors
        self.zone = zone
        self.mode = mode
        self.reason = reason
        self.id = id
    }
}
