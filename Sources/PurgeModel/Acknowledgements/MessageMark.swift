/// What tells one message of a partition from another, and so one topic from another of the same name.
///
/// Kafka gives no sign of a topic that was made anew: offsets begin again at 0, and go on past the place where somebody
/// left off. But the message at an offset is another one then (docs/decisions/0014-topics-made-anew.md).
package struct MessageMark: Sendable, Hashable {
    package var offset: Int64

    /// A hash of its time, key and value; 16 lower-case hex digits in JSON.
    package var fingerprint: UInt64

    package init(offset: Int64, fingerprint: UInt64) {
        self.offset = offset
        self.fingerprint = fingerprint
    }

    /// FNV-1a of time, key and value: a purge has an id of its own, so two messages are hardly ever the same.
    ///
    /// - Parameter timestamp: as the broker tells it, in milliseconds since 1970; nil when it tells none.
    package init(offset: Int64, timestamp: Int64?, key: [UInt8]?, value: [UInt8]?) {
        var hash = FNV1a()
        var time: [UInt8] = []
        time.append(integer: UInt64(bitPattern: timestamp ?? -1))
        hash.add(time)
        // A length before each, so that no two messages read the same.
        for field in [key, value] {
            var length: [UInt8] = []
            length.append(varint: UInt64(field.map { $0.count + 1 } ?? 0))
            hash.add(length)
            hash.add(field ?? [])
        }
        self.init(offset: offset, fingerprint: hash.value)
    }

    /// ``fingerprint`` as it stands in JSON.
    var fingerprintText: String {
        var bytes: [UInt8] = []
        bytes.append(integer: fingerprint)
        return HexText.text(bytes)
    }

    /// How many hex digits ``fingerprint`` has in JSON.
    static let fingerprintDigits = 16

    /// The fingerprint that a text says; nil when it is none.
    static func fingerprint(_ text: String) -> UInt64? {
        HexText.isLowercase(text, digits: fingerprintDigits) ? UInt64(text, radix: 16) : nil
    }
}

extension MessageMark: Codable {
    private enum CodingKeys: String, CodingKey {
        case offset, fingerprint
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        offset = try container.decode(Int64.self, forKey: .offset)
        guard let fingerprint = Self.fingerprint(try container.decode(String.self, forKey: .fingerprint)) else {
            throw DecodingError.dataCorruptedError(
                forKey: .fingerprint, in: container,
                debugDescription: "a fingerprint has \(Self.fingerprintDigits) lower-case hex digits")
        }
        self.fingerprint = fingerprint
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(offset, forKey: .offset)
        try container.encode(fingerprintText, forKey: .fingerprint)
    }
}
