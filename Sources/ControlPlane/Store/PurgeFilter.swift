import PurgeModel

/// What a list of purges is narrowed down to.
struct PurgeFilter: Sendable {
    /// Nil for both.
    let state: PurgeStatus.State?
    /// The zone as events name it; nil for all.
    let zone: String?
    /// Which zones the caller may see.
    private let isVisible: @Sendable (_ zone: String) -> Bool
    /// ASCII in lower case; nil for all.
    private let text: [UInt8]?

    /// Creates a filter.
    /// - Parameters:
    ///   - state: pending or confirmed; nil for both.
    ///   - zone: the zone as events name it; nil for all.
    ///   - text: looked for in ids, selectors, reasons and sources, without regard to the case of ASCII letters.
    ///   - isVisible: whether the caller may see a zone.
    init(
        state: PurgeStatus.State? = nil, zone: String? = nil, text: String? = nil,
        isVisible: @escaping @Sendable (_ zone: String) -> Bool = { _ in true }
    ) {
        self.isVisible = isVisible
        self.state = state
        self.zone = zone
        self.text = text.flatMap { $0.isEmpty ? nil : $0.utf8.map(Self.lowered) }
    }

    /// Whether events have to be read to know what belongs to the list.
    var isSearch: Bool { text != nil }

    /// Whether a purge of this zone belongs to the list.
    func matches(zone: String) -> Bool {
        (self.zone == nil || self.zone == zone) && isVisible(zone)
    }

    /// Whether the JSON of an event can hold the text.
    ///
    /// Quick, and never no for an event that ``matches(_:)``.
    func mayMatch(json: ArraySlice<UInt8>) -> Bool {
        // JSON writes these in another way, and nothing else.
        guard let text, !text.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") })
        else { return true }
        return Self.contains(json, text)
    }

    /// Whether the event belongs to the list.
    func matches(_ event: PurgeEvent) -> Bool {
        guard matches(zone: event.zone) else { return false }
        guard let text else { return true }
        func has(_ value: some CustomStringConvertible) -> Bool {
            Self.contains(Array(value.description.utf8)[...], text)
        }
        return has(event.id) || has(event.source) || event.reason.map(has) ?? false
            || event.selectors.urls.contains(where: has) || event.selectors.tags.contains(where: has)
            || event.selectors.hosts.contains(where: has) || event.selectors.prefixes.contains(where: has)
            || event.selectors.everything && has("everything")
    }

    private static func contains(_ bytes: ArraySlice<UInt8>, _ text: [UInt8]) -> Bool {
        guard let first = text.first, bytes.count >= text.count else { return text.isEmpty }
        for start in bytes.startIndex...(bytes.endIndex - text.count) where lowered(bytes[start]) == first {
            var length = 1
            while length < text.count, lowered(bytes[start + length]) == text[length] { length += 1 }
            if length == text.count { return true }
        }
        return false
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
