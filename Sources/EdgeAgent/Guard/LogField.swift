import PurgeModel

/// The fields of a line of nginx's access log that is written with `escape=default`.
///
/// nginx writes `"`, `\`, and every byte below 0x20 or above 0x7E as `\x` and two hexadecimal digits
/// (ngx_http_log_escape). So a raw quote ends a field, a raw newline ends the line, and no visitor can send either.
enum LogField {
    /// Takes the bytes up to the next `|` off the front; nil when there is none.
    static func plain(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "|")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    /// Takes a field in quotes off the front, with the `|` behind it if there is one; nil when it is none, or when
    /// something in it is no escape of nginx's.
    ///
    /// - Returns: the bytes between the quotes, still escaped.
    static func quoted(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        let start = rest.startIndex + 1
        guard let end = rest[start...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        let field = rest[start..<end]
        guard isEscaped(field) else { return nil }
        let next = rest[(end + 1)...]
        guard next.isEmpty || next.first == UInt8(ascii: "|") else { return nil }
        rest = next.dropFirst()
        return field
    }

    /// The bytes that nginx escaped; the same slice where it escaped none, which is the usual case.
    static func unescaped(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard field.contains(UInt8(ascii: "\\")) else { return field }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(field.count)
        var position = field.startIndex
        while position < field.endIndex {
            if field[position] == UInt8(ascii: "\\"), let byte = escape(field[position...]) {
                bytes.append(byte)
                position += escapeLength
            } else {
                bytes.append(field[position])
                position += 1
            }
        }
        return bytes[...]
    }

    /// `\xXX`.
    private static let escapeLength = 4

    private static func isEscaped(_ field: ArraySlice<UInt8>) -> Bool {
        var rest = field
        while let start = rest.firstIndex(of: UInt8(ascii: "\\")) {
            guard escape(rest[start...]) != nil else { return false }
            rest = rest[(start + escapeLength)...]
        }
        return true
    }

    /// The byte that the escape at the front stands for; nil when that is none.
    private static func escape(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        let start = bytes.startIndex
        guard bytes.count >= escapeLength, bytes[start + 1] == UInt8(ascii: "x"),
            let high = HexDigit.value(bytes[start + 2]), let low = HexDigit.value(bytes[start + 3])
        else { return nil }
        return high << 4 | low
    }
}
