/// A value in the agent's own database does not have the form this program writes.
package struct IndexFormatError: Error, CustomStringConvertible {
    package var description: String {
        "an index entry is not in the form this version writes; remove the directory 'db' in the state directory"
    }
}

/// Reads the integers of index keys and values from front to back; running off the end is an error, never a trap.
struct ByteReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// The next big-endian integer.
    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(IndexFormatError) -> T {
        let size = T.bitWidth / 8
        guard rest.count >= size else { throw IndexFormatError() }
        var value: T = 0
        for byte in rest.prefix(size) { value = value << 8 | T(truncatingIfNeeded: byte) }
        rest = rest.dropFirst(size)
        return value
    }

    /// The next integer of variable length (seven bits a byte, lowest first).
    mutating func varint() throws(IndexFormatError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst(), shift < 64 {
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw IndexFormatError()
    }
}

extension [UInt8] {
    /// Appends an integer, most significant byte first, so that keys sort by value.
    mutating func append<T: FixedWidthInteger>(integer value: T) {
        var shift = T.bitWidth
        while shift > 0 {
            shift -= 8
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

    /// The first key after every key that begins with this one; nil when there is none.
    var prefixEnd: [UInt8]? {
        var end = self
        while let last = end.popLast() {
            if last < 0xff {
                end.append(last + 1)
                return end
            }
        }
        return nil
    }
}
