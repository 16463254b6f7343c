/// Tells whether text is an IP address.
///
/// The address itself is not needed: a cache stores what the client wrote.
enum IPAddressText {
    /// Four decimal numbers of 0 to 255 without leading zeros, joined by dots.
    static func isIPv4(_ text: Span<UInt8>) -> Bool {
        var parts = 0
        var digits = 0
        var value = 0
        for index in 0...text.count {
            if index == text.count || text[index] == UInt8(ascii: ".") {
                guard digits > 0, value <= 255 else { return false }
                parts += 1
                digits = 0
                value = 0
                continue
            }
            let byte = text[index]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return false }
            guard digits < 3, digits == 0 || value > 0 else { return false }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            digits += 1
        }
        return parts == 4
    }

    /// RFC 4291 text form: eight groups of one to four hexadecimal digits, one run of zero groups as `::`, the last two
    /// groups perhaps as IPv4.
    ///
    /// No zone id: it means nothing in a URL.
    static func isIPv6(_ text: Span<UInt8>) -> Bool {
        var groups = 0
        var digits = 0
        var groupStart = 0
        var hasGap = false
        var index = 0
        while index < text.count {
            let byte = text[index]
            if HexDigit.value(byte) != nil {
                digits += 1
                guard digits <= 4 else { return false }
            } else if byte == UInt8(ascii: ":") {
                let isDouble = index + 1 < text.count && text[index + 1] == byte
                if isDouble {
                    guard !hasGap else { return false }
                    hasGap = true
                    index += 1
                } else if digits == 0 || index + 1 == text.count {
                    return false
                }
                groups += digits > 0 ? 1 : 0
                digits = 0
                groupStart = index + 1
            } else if byte == UInt8(ascii: ".") {
                guard groupStart > 0, isIPv4(text.extracting(groupStart..<text.count)) else { return false }
                return hasGap ? groups + 2 < 8 : groups + 2 == 8
            } else {
                return false
            }
            index += 1
        }
        groups += digits > 0 ? 1 : 0
        return hasGap ? groups < 8 : groups == 8
    }
}
