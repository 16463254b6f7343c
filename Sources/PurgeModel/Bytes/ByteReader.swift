/// Reads what was appended to an array of bytes, from front to back.
///
/// What it reads may be damaged: where the bytes end too soon, or say what no writer of ours writes, it throws the
/// owner's error. Inlinable, since an index is read with it entry by entry.
package struct ByteReader<Failure: Error> {
    /// What has not been read yet.
    package var rest: ArraySlice<UInt8>

    @usableFromInline let failure: Failure

    /// Reads bytes.
    ///
    /// - Parameter failure: what is thrown when they are damaged.
    @inlinable
    package init(_ bytes: ArraySlice<UInt8>, failure: Failure) {
        rest = bytes
        self.failure = failure
    }

    /// The next bytes, exactly so many.
    @inlinable
    package mutating func bytes(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
        guard count >= 0, rest.count >= count else { throw failure }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// The next big-endian integer.
    @inlinable
    package mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(Failure) -> T {
        var value: T = 0
        for byte in try bytes(T.bitWidth / 8) { value = value << 8 | T(truncatingIfNeeded: byte) }
        return value
    }

    /// The next integer of variable length: seven bits a byte, lowest first.
    @inlinable
    package mutating func varint() throws(Failure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        // The tenth byte has room for one bit more.
        while let byte = rest.popFirst(), shift < 63 || byte < 2 {
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw failure
    }

    /// The next signed integer of variable length.
    @inlinable
    package mutating func signed() throws(Failure) -> Int64 {
        Int64(bitPattern: try varint())
    }

    /// The next string, with its length before it.
    package mutating func string() throws(Failure) -> String {
        let count = Int(clamping: try varint())
        guard let text = String(validating: try bytes(count), as: UTF8.self) else { throw failure }
        return text
    }
}
