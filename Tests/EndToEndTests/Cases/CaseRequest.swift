import Foundation

/// What an origin gets from nginx, in the protocol of one of its four modules that cache.
struct CaseRequest: Sendable {
    /// Header fields by their names in lower case.
    let headers: [String: String]

    /// Reads a whole request; nil while bytes are missing.
    static func read(_ module: TinyOrigin.Module, _ bytes: [UInt8]) -> CaseRequest? {
        switch module {
        case .proxy: http(bytes)
        case .fastcgi: fastcgi(bytes)
        case .uwsgi: uwsgi(bytes)
        case .scgi: scgi(bytes)
        }
    }

    private static func http(_ bytes: [UInt8]) -> CaseRequest? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        var headers: [String: String] = [:]
        for line in text[..<end.lowerBound].split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let body = text[end.upperBound...].utf8.count
        return body < headers["content-length"].flatMap { Int($0) } ?? 0 ? nil : CaseRequest(headers: headers)
    }

    /// A netstring of names and values, each ended by a zero byte.
    private static func scgi(_ bytes: [UInt8]) -> CaseRequest? {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let count = Int(String(decoding: bytes[..<colon], as: UTF8.self)), bytes.count > colon + 1 + count
        else { return nil }
        let fields = bytes[(colon + 1)..<(colon + 1 + count)].split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let pairs = stride(from: 0, to: fields.count - 1, by: 2).map { (fields[$0], fields[$0 + 1]) }
        return request(pairs, body: bytes.count - colon - count - 2)
    }

    /// A head of four bytes, then names and values, each after its length in two bytes, the lower one first.
    private static func uwsgi(_ bytes: [UInt8]) -> CaseRequest? {
        guard bytes.count >= 4 else { return nil }
        let end = 4 + Int(bytes[1]) + Int(bytes[2]) << 8
        guard bytes.count >= end else { return nil }
        var texts: [String] = []
        var position = 4
        while position + 2 <= end {
            let length = Int(bytes[position]) + Int(bytes[position + 1]) << 8
            guard position + 2 + length <= end else { return nil }
            texts.append(String(decoding: bytes[(position + 2)..<(position + 2 + length)], as: UTF8.self))
            position += 2 + length
        }
        let pairs = stride(from: 0, to: texts.count - 1, by: 2).map { (texts[$0], texts[$0 + 1]) }
        return request(pairs, body: bytes.count - end)
    }

    /// Records: parameters (4) and standard input (5) each end with an empty one.
    private static func fastcgi(_ bytes: [UInt8]) -> CaseRequest? {
        var parameters: [UInt8] = []
        var position = 0
        while position + 8 <= bytes.count {
            let length = Int(bytes[position + 4]) << 8 + Int(bytes[position + 5])
            let end = position + 8 + length
            guard end + Int(bytes[position + 6]) <= bytes.count else { return nil }
            if bytes[position + 1] == 4 { parameters += bytes[(position + 8)..<end] }
            if bytes[position + 1] == 5, length == 0 { return request(pairs(parameters), body: .max) }
            position = end + Int(bytes[position + 6])
        }
        return nil
    }

    /// Lengths of one byte, or of four with the highest bit set; then name and value.
    private static func pairs(_ bytes: [UInt8]) -> [(String, String)] {
        var pairs: [(String, String)] = []
        var rest = bytes[...]
        func length() -> Int? {
            guard let first = rest.popFirst() else { return nil }
            guard first & 0x80 != 0 else { return Int(first) }
            guard rest.count >= 3 else { return nil }
            let value = rest.prefix(3).reduce(Int(first & 0x7F)) { $0 << 8 + Int($1) }
            rest = rest.dropFirst(3)
            return value
        }
        while let name = length(), let value = length(), rest.count >= name + value {
            pairs.append(
                (
                    String(decoding: rest.prefix(name), as: UTF8.self),
                    String(decoding: rest.dropFirst(name).prefix(value), as: UTF8.self)
                ))
            rest = rest.dropFirst(name + value)
        }
        return pairs
    }

    /// From variables as CGI has them (`HTTP_X_PAGE`); nil while the body is not there.
    private static func request(_ variables: [(String, String)], body: Int) -> CaseRequest? {
        var headers: [String: String] = [:]
        for (name, value) in variables where name.hasPrefix("HTTP_") {
            headers[name.dropFirst(5).lowercased().replacing("_", with: "-")] = value
        }
        let length = variables.first { $0.0 == "CONTENT_LENGTH" }.flatMap { Int($0.1) } ?? 0
        return body < length ? nil : CaseRequest(headers: headers)
    }
}
