extension [UInt8] {
    /// Appends an integer, most significant byte first, so that keys sort by value.
    @inlinable
    package mutating func append<T: FixedWidthInteger>(integer value: T) {
        var shift = T.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: value >> T(shift)))
        }
    }

    /// Appends an integer in as few bytes as it needs: seven bits a byte, lowest first.
    @inlinable
    package mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Appends a signed integer; small negative ones need ten bytes, and are rare.
    @inlinable
    package mutating func append(signed value: Int64) {
        append(varint: UInt64(bitPattern: value))
    }

    /// Appends a string, with its length before it.
    package mutating func append(string text: String) {
        append(varint: UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
