import PurgeModel

/// How a purge is counted: by what it names and by its mode.
struct PurgeKind: Hashable, Sendable {
    let selector: String
    let mode: String

    init(_ event: PurgeEvent) {
        selector = event.selectors.kind.rawValue
        mode = event.mode.rawValue
    }
}
