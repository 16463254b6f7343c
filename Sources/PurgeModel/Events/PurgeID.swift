/// The name of one purge: 128 bits, written as 32 lower-case hexadecimal digits.
package struct PurgeID: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads exactly 32 lower-case hexadecimal digits; anything else is nil.
    package init?(_ text: String) {
        self.init(digits: text.utf8, isUppercaseAllowed: false)
    }

    /// Reads 32 hexadecimal digits or a UUID, in upper or lower case: what producers write who make their ids with a
    /// library.
    package init?(anyForm text: String) {
        guard let digits = text.utf8.count == 36 ? Self.withoutDashes(text) : Array(text.utf8) else { return nil }
        self.init(digits: digits, isUppercaseAllowed: true)
    }

    /// Takes 16 bytes; any other number of them is nil.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        func half(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: half(bytes.prefix(8)), low: half(bytes.dropFirst(8)))
    }

    /// Its 16 bytes.
    package var bytes: [UInt8] {
        [high, low].flatMap { half in stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
        }
    }

    /// Draws a new id; 128 random bits do not meet twice.
    package static func random(using generator: inout some RandomNumberGenerator) -> PurgeID {
        PurgeID(high: generator.next(), low: generator.next())
    }

    /// Makes a stable id from the id another system gave, so that a repeated message stays the same purge.
    ///
    /// 32 hexadecimal digits, or a UUID (its dashes dropped, any case), are taken as they are. Everything else is
    /// hashed together with `source`, since CloudEvents ids are unique only within their source. The hash is FNV-1a 64
    /// over the bytes of `source`, a zero byte and `id`, once from the front and once from the back, each finished with
    /// the 64-bit mix of MurmurHash3. It tells accidents apart; it does not resist somebody who wants two ids to meet.
    package init(derivedFrom id: String, source: String) {
        if let known = PurgeID(anyForm: id) {
            self = known
            return
        }
        let bytes = Array(source.utf8) + [0] + Array(id.utf8)
        self.init(high: Self.hash(bytes), low: Self.hash(bytes.reversed()))
    }

    /// The digits of a UUID in its usual form of 8-4-4-4-12; nil when the dashes are elsewhere.
    private static func withoutDashes(_ text: String) -> [UInt8]? {
        let dashes = [8, 13, 18, 23]
        var digits: [UInt8] = []
        for (index, byte) in text.utf8.enumerated() {
            if dashes.contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                digits.append(byte)
            }
        }
        return digits
    }

    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var fingerprint = FNV1a()
        for byte in bytes { fingerprint.add(byte) }
        var hash = fingerprint.value
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ (hash >> 33)
    }

    private init?(digits: some Collection<UInt8>, isUppercaseAllowed: Bool) {
        guard digits.count == 32 else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        for (index, digit) in digits.enumerated() {
            guard let value = HexDigit.value(digit), isUppercaseAllowed || !HexDigit.isUppercase(digit) else {
                return nil
            }
            if index < 16 {
                halves.high = halves.high << 4 | UInt64(value)
            } else {
                halves.low = halves.low << 4 | UInt64(value)
            }
        }
        self.init(high: halves.high, low: halves.low)
    }
}

extension PurgeID: CustomStringConvertible {
    package var description: String {
        HexText.text(bytes)
    }
}

extension PurgeID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = PurgeID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not 32 lower-case hexadecimal digits")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
