/// A host as objects are stored under: lower-cased, without port and trailing dot.
///
/// Letters, digits, `-` and `_` in labels of at most 63 characters, at most 200 in all; or an IPv4 address; or an IPv6
/// address in brackets, kept in the spelling it came in. Names outside ASCII come in their IDNA form (`xn--`); they are
/// not converted here, because which conversion a proxy applies is its own choice.
package struct HostName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// What kind of host it is, which decides whether it has labels to reverse.
    private enum Kind: UInt8 {
        case name
        case address
    }

    /// The host in lower case, such as `www.example.com` or `[2001:db8::1]`.
    package let name: String
    private let kind: Kind

    /// Takes a host as people and headers write it: any case, with or without port and trailing dot.
    package init(validating text: String) throws(SelectorError) {
        try self.init(validating: Array(text.utf8).span)
    }

    /// As ``init(validating:)-(String)``, from bytes such as those of a cache key.
    package init(validating bytes: Span<UInt8>) throws(SelectorError) {
        let end = try Self.endOfHost(bytes)
        if end > 0, bytes[0] == UInt8(ascii: "[") {
            self = try Self.bracketed(bytes, end: end)
            return
        }
        let isRooted = end > 1 && bytes[end - 1] == UInt8(ascii: ".")
        let length = isRooted ? end - 1 : end
        guard length > 0 else { throw .invalidHost(QuotedValue(bytes: bytes), "it is empty") }
        try Self.checkLength(length, of: bytes)
        var lowered: [UInt8] = []
        lowered.reserveCapacity(length)
        var labelStart = 0
        var isNumeric = true
        for index in 0..<length {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                isNumeric = false
                lowered.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                lowered.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                isNumeric = false
                lowered.append(byte | 0x20)
            case UInt8(ascii: "."):
                try Self.checkLabel(from: labelStart, to: index, of: bytes)
                labelStart = index + 1
                lowered.append(byte)
            case UInt8(ascii: "/"), UInt8(ascii: ":"):
                throw .invalidHost(
                    QuotedValue(bytes: bytes),
                    "a host stands alone, without scheme and path, as www.example.com; an IPv6 address has brackets")
            case UInt8(ascii: "*"):
                throw .invalidHost(
                    QuotedValue(bytes: bytes), "one host is named at a time; a host pattern stands only in a scope")
            default:
                throw .invalidHost(
                    QuotedValue(bytes: bytes),
                    "only letters, digits, '-', '_' and dots may be in it; write other names in their xn-- form")
            }
        }
        try Self.checkLabel(from: labelStart, to: length, of: bytes)
        let isAddress = isNumeric && IPAddressText.isIPv4(lowered.span)
        self.init(name: String(decoding: lowered, as: UTF8.self), kind: isAddress ? .address : .name)
    }

    private init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    private static func bracketed(_ bytes: Span<UInt8>, end: Int) throws(SelectorError) -> HostName {
        guard end > 2, bytes[end - 1] == UInt8(ascii: "]"), IPAddressText.isIPv6(bytes.extracting(1..<(end - 1))) else {
            throw .invalidHost(QuotedValue(bytes: bytes), "what is in brackets is not an IPv6 address")
        }
        var lowered: [UInt8] = []
        lowered.reserveCapacity(end)
        for index in 0..<end {
            lowered.append(HexDigit.isUppercase(bytes[index]) ? bytes[index] | 0x20 : bytes[index])
        }
        return HostName(name: String(decoding: lowered, as: UTF8.self), kind: .address)
    }

    /// True for IPv4 and IPv6 addresses: they have no subdomains.
    package var isAddress: Bool { kind == .address }

    /// The labels from the top down, `com.example.www`, so that hosts of one domain sort together.
    ///
    /// Addresses stay as they are.
    package var reversed: String {
        guard !isAddress else { return name }
        let bytes = Array(name.utf8)
        var reversed: [UInt8] = []
        reversed.reserveCapacity(bytes.count)
        var end = bytes.count
        while let dot = bytes[..<end].lastIndex(of: UInt8(ascii: ".")) {
            reversed += bytes[(dot + 1)..<end]
            reversed.append(UInt8(ascii: "."))
            end = dot
        }
        return String(decoding: reversed + bytes[..<end], as: UTF8.self)
    }

    package var description: String { name }

    package static func < (left: HostName, right: HostName) -> Bool {
        left.name < right.name
    }

    /// Where the host ends and a port begins; throws when what follows the colon is no port.
    private static func endOfHost(_ bytes: Span<UInt8>) throws(SelectorError) -> Int {
        var colon = bytes.count
        // Inside brackets colons belong to the address.
        var index = bytes.count - 1
        while index >= 0 {
            let byte = bytes[index]
            if byte == UInt8(ascii: ":") {
                colon = index
                break
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return bytes.count }
            index -= 1
        }
        var port = 0
        for index in min(colon + 1, bytes.count)..<bytes.count {
            port = min(port * 10 + Int(bytes[index] - UInt8(ascii: "0")), 65_536)
        }
        guard port <= 65_535 else { throw .invalidHost(QuotedValue(bytes: bytes), "a port is at most 65535") }
        return colon
    }

    private static func checkLength(_ length: Int, of bytes: Span<UInt8>) throws(SelectorError) {
        guard length <= Limits.hostCharactersMax else {
            throw SelectorError(
                .hostTooLong,
                message: "Host exceeds maximum length of \(Limits.hostCharactersMax) characters: "
                    + "\(QuotedValue(bytes: bytes)) has \(length).")
        }
    }

    private static func checkLabel(from start: Int, to end: Int, of bytes: Span<UInt8>) throws(SelectorError) {
        guard end > start else { throw .invalidHost(QuotedValue(bytes: bytes), "there is nothing between two dots") }
        guard end - start <= Limits.hostLabelCharactersMax else {
            throw .invalidHost(
                QuotedValue(bytes: bytes), "a part of it is longer than \(Limits.hostLabelCharactersMax) characters")
        }
    }
}
