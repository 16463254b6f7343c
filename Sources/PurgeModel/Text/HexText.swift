/// Bytes as hexadecimal digits.
package enum HexText {
    /// The digits of `bytes`, in lower case.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            digits.append(HexDigit.lowercase(byte >> 4))
            digits.append(HexDigit.lowercase(byte & 15))
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The bytes that `text` says, in either case; nil for an odd number of digits, none, or anything else.
    package static func bytes(_ text: String) -> [UInt8]? {
        guard !text.isEmpty, text.utf8.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for byte in text.utf8 {
            guard let digit = HexDigit.value(byte) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    /// Whether `text` is so many digits in lower case.
    package static func isLowercase(_ text: some StringProtocol, digits: Int) -> Bool {
        text.utf8.count == digits && text.utf8.allSatisfy { HexDigit.lowercaseValue($0) != nil }
    }
}
