/// Where an agent's cache stands among caches that fill from each other, as it tells in its acknowledgements.
package struct AgentTier: Sendable, Hashable {
    /// The tier it belongs to.
    package var name: String

    /// The tier that its cache fills from; nil for one that fills from the origin.
    package var above: String?

    /// How long after a purge was applied here a response may still be served that is older than it; whole milliseconds
    /// in JSON.
    package var guardTime: Duration

    /// Purges that are applied here and wait for the tier above.
    package var waiting: Int

    package init(name: String, above: String? = nil, guardTime: Duration = .zero, waiting: Int = 0) {
        self.name = name
        self.above = above
        self.guardTime = guardTime
        self.waiting = waiting
    }

    /// Characters of a tier's name, at most.
    package static let nameMax = 64

    /// Whether a text may name a tier: letters, digits, dots, dashes and underscores.
    package static func isName(_ text: String) -> Bool {
        (1...nameMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

extension AgentTier: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, above, waiting
        case guardTime = "guard_ms"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.tierName(forKey: .name)
        above = try container.tierNameIfPresent(forKey: .above)
        guardTime = try container.milliseconds(forKey: .guardTime)
        waiting = max(0, try container.decodeIfPresent(Int.self, forKey: .waiting) ?? 0)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(above, forKey: .above)
        try container.encode(guardTime.wholeMilliseconds, forKey: .guardTime)
        try container.encode(waiting, forKey: .waiting)
    }
}
