import PurgeModel

/// A key or a value of the agent's database.
protocol Stored: Sendable {
    /// The bytes that are kept; in keys they sort as the values do.
    func encoded() -> [UInt8]

    /// Reads what ``encoded()`` made.
    init(decoding bytes: [UInt8]) throws(IndexFormatError)
}

extension Int32: Stored {
    /// A partition: four bytes, most significant first.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt32(bitPattern: self))
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        self = Int32(bitPattern: try reader.integer(UInt32.self))
    }
}

extension Int64: Stored {
    /// An offset, or milliseconds since 1970: eight bytes, most significant first.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt64(bitPattern: self))
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        self = Int64(bitPattern: try reader.integer(UInt64.self))
    }
}

extension UInt64: Stored {
    /// The generation of a file: eight bytes, most significant first.
    func encoded() -> [UInt8] { Int64(bitPattern: self).encoded() }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        self = UInt64(bitPattern: try Int64(decoding: bytes))
    }
}

extension UInt8: Stored {
    /// The number of a cache, or of a format.
    func encoded() -> [UInt8] { [self] }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        guard bytes.count == 1 else { throw IndexFormatError() }
        self = bytes[0]
    }
}

extension String: Stored {
    /// A path: its UTF-8.
    func encoded() -> [UInt8] { Array(utf8) }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) { self.init(decoding: bytes, as: UTF8.self) }
}

extension [UInt8]: Stored {
    func encoded() -> [UInt8] { self }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) { self = bytes }
}

extension ObjectKey: Stored {
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        bytes.append(cache)
        bytes.append(integer: high)
        bytes.append(integer: low)
        bytes.append(rest)
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) { try self.init(reading: bytes.span) }

    /// Reads what ``encoded()`` made, without a copy.
    init(reading bytes: Span<UInt8>) throws(IndexFormatError) {
        guard bytes.count == Self.byteCount else { throw IndexFormatError() }
        var words = (UInt64(0), UInt64(0))
        for index in 1...8 {
            words.0 = words.0 << 8 | UInt64(bytes[index])
            words.1 = words.1 << 8 | UInt64(bytes[index + 8])
        }
        self.init(cache: bytes[0], high: words.0, low: words.1, rest: bytes[17])
    }
}
