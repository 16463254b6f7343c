internal import RocksDB

/// Reads what ``Swift/Array`` of bytes was appended to, from front to back; running off the end is damage, never a
/// trap.
struct RecordReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// The error of a value that this program did not write.
    static let damage = RocksDBError(
        code: .corruption, message: "the state of the control plane holds a value that this version does not write")

    /// The next big-endian integer.
    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(RocksDBError) -> T {
        let size = T.bitWidth / 8
        guard rest.count >= size else { throw Self.damage }
        let value: T = rest.prefix(size).reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
        rest = rest.dropFirst(size)
        return value
    }

    /// The next integer of variable length (seven bits a byte, lowest first).
    mutating func varint() throws(RocksDBError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst(), shift < 64 {
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Self.damage
    }

    /// The next signed integer of variable length.
    mutating func signed() throws(RocksDBError) -> Int64 {
        Int64(bitPattern: try varint())
    }

    /// The next string, with its length before it.
    mutating func string() throws(RocksDBError) -> String {
        let count = Int(clamping: try varint())
        guard rest.count >= count, let text = String(validating: rest.prefix(count), as: UTF8.self) else {
            throw Self.damage
        }
        rest = rest.dropFirst(count)
        return text
    }
}

extension [UInt8] {
    /// Appends an integer, most significant byte first, so that keys sort by value.
    mutating func append<T: FixedWidthInteger>(integer value: T) {
        for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> T(shift)))
        }
    }

    /// Appends an integer in as few bytes as it needs (seven bits a byte, lowest first).
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Appends a signed integer; small negative ones need ten bytes, and are rare.
    mutating func append(signed value: Int64) {
        append(varint: UInt64(bitPattern: value))
    }

    /// Appends a string, with its length before it.
    mutating func append(string text: String) {
        append(varint: UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
