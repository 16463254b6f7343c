/// What several messages between agents and control planes have, read and checked in one way.
extension KeyedDecodingContainer {
    /// Milliseconds, not negative.
    func milliseconds(forKey key: Key) throws -> Duration {
        let milliseconds = try decode(Int64.self, forKey: key)
        guard milliseconds >= 0 else { throw corrupted(key, "a time cannot be negative") }
        return .milliseconds(milliseconds)
    }

    /// A tier's name; nil where there is none.
    func tierNameIfPresent(forKey key: Key) throws -> String? {
        guard let name = try decodeIfPresent(String.self, forKey: key) else { return nil }
        guard AgentTier.isName(name) else {
            throw corrupted(
                key, "a tier's name has 1 to \(AgentTier.nameMax) letters, digits, dots, dashes, underscores")
        }
        return name
    }

    /// A tier's name.
    func tierName(forKey key: Key) throws -> String {
        guard let name = try tierNameIfPresent(forKey: key) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "a tier's name is missing"))
        }
        return name
    }

    /// Ranges of offsets as `[[first, last], …]`; none where the field is absent.
    func rangesIfPresent(forKey key: Key) throws -> [ClosedRange<Int64>] {
        let pairs = try decodeIfPresent([[Int64]].self, forKey: key) ?? []
        var ranges: [ClosedRange<Int64>] = []
        ranges.reserveCapacity(pairs.count)
        for pair in pairs {
            guard pair.count == 2, pair[0] <= pair[1] else {
                throw corrupted(key, "each range must be [first, last], first <= last")
            }
            ranges.append(pair[0]...pair[1])
        }
        return ranges
    }

    private func corrupted(_ key: Key, _ text: String) -> DecodingError {
        .dataCorruptedError(forKey: key, in: self, debugDescription: text)
    }
}

extension KeyedEncodingContainer {
    /// Ranges of offsets as `[[first, last], …]`.
    mutating func encode(ranges: [ClosedRange<Int64>], forKey key: Key) throws {
        try encode(ranges.map { [$0.lowerBound, $0.upperBound] }, forKey: key)
    }
}
