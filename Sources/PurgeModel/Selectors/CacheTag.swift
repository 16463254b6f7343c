/// A label that a response carries in a header and a purge names: printable ASCII, no spaces or commas, in lower case.
package struct CacheTag: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The tag in lower case, 1 to 1,024 bytes.
    package let bytes: [UInt8]

    /// Takes a tag in any case.
    ///
    /// Errors: empty, longer than 1,024 characters, or with a character that no tag may have.
    package init(validating text: String) throws(SelectorError) {
        try self.init(validating: Array(text.utf8))
    }

    /// As ``init(validating:)-(String)``.
    package init(validating bytes: [UInt8]) throws(SelectorError) {
        guard !bytes.isEmpty else {
            throw SelectorError(.emptyTag, message: "A tag is empty; a tag has at least one character.")
        }
        guard bytes.count <= Limits.tagBytesMax else {
            throw SelectorError(
                .tagTooLong,
                message: "Tag exceeds maximum length of \(Limits.tagBytesMax) characters: "
                    + "\(QuotedValue(bytes: bytes.span)) has \(bytes.count).")
        }
        // Without an early end and with nothing that depends on it, so that the compiler takes many bytes at once: a
        // twentieth of the time.
        var (forbidden, upper): (UInt8, UInt8) = (0, 0)
        for byte in bytes {
            forbidden |= Self.isAllowed(byte) ? 0 : 1
            upper |= Self.lowered(byte) ^ byte
        }
        guard forbidden == 0 else {
            throw SelectorError(
                .invalidTag,
                message:
                    "Invalid tag \(QuotedValue(bytes: bytes.span)): only printable ASCII characters without spaces "
                    + "and commas may be in it.")
        }
        self.bytes = upper == 0 ? bytes : bytes.map(Self.lowered)
    }

    /// For bytes that were checked and lowered one by one.
    init(lowered bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    package static func < (left: CacheTag, right: CacheTag) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// From `!` to `~`, between which a comma lies.
    ///
    /// Without `&&`, which is a jump, and so one byte at a time.
    static func isAllowed(_ byte: UInt8) -> Bool {
        (byte &- UInt8(ascii: "!") < 0x5E) != (byte == UInt8(ascii: ","))
    }

    static func lowered(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
