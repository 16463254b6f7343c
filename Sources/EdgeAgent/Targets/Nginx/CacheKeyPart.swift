/// One piece of a ``CacheKeyTemplate``.
enum CacheKeyPart: Hashable, Sendable {
    /// Text between variables; never empty.
    case literal([UInt8])
    case scheme
    case method
    case host
    /// Path and query. With `$uri?$args` the question mark stands there also when there is no query.
    case target(dropsEmptyQuery: Bool)
    case slice
    /// A variable that purges do not know.
    case other(String)

    var isHost: Bool { self == .host }

    /// Reads a template; refuses one whose keys cannot be taken apart again.
    static func parts(of text: String) throws(CacheKeyTemplateError) -> [CacheKeyPart] {
        let parts = try joined(tokens(of: Array(text.utf8)), text)
        guard parts.contains(where: \.isTarget) else {
            throw CacheKeyTemplateError("'\(text)' has no $request_uri or $uri: no purge could find an object by it")
        }
        for (part, next) in zip(parts, parts.dropFirst()) {
            guard part.mayStand(before: next) else {
                let next = next.variable.map { "$" + $0 } ?? "what follows"
                throw CacheKeyTemplateError(
                    "'\(text)': put a separator such as '|' between $\(part.variable ?? "") and \(next), "
                        + "or the two cannot be told apart"
                )
            }
        }
        return parts
    }

    /// The end of `bytes=0-1048575` at the start of the bytes.
    static func end(ofSliceIn key: ArraySlice<UInt8>) -> Int? {
        guard key.starts(with: "bytes=".utf8) else { return nil }
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        let first = key.dropFirst(6)
        let dash = first.drop(while: isDigit)
        guard dash.startIndex > first.startIndex, dash.first == UInt8(ascii: "-") else { return nil }
        let last = dash.dropFirst()
        let rest = last.drop(while: isDigit)
        return rest.startIndex > last.startIndex ? rest.startIndex : nil
    }

    private var isTarget: Bool {
        if case .target = self { true } else { false }
    }

    /// A variable of this kind, for messages.
    private var variable: String? {
        switch self {
        case .literal: nil
        case .scheme: "scheme"
        case .method: "request_method"
        case .host: "host"
        case .target: "request_uri"
        case .slice: "slice_range"
        case .other(let name): name
        }
    }

    /// Whether the end of this part can be seen when `next` follows directly.
    private func mayStand(before next: CacheKeyPart) -> Bool {
        switch (self, next) {
        case (.literal, _), (.scheme, _), (.method, _), (_, .literal): true
        // A host ends at the slash of the target.
        case (.host, .target): true
        case (.target, .slice): true
        default: false
        }
    }

    /// A literal or the name of a variable.
    private enum Token: Hashable {
        case literal([UInt8])
        case variable(String)
    }

    /// Joins what belongs together: `$uri$is_args$args` is one target, `$host:$server_port` one host.
    private static func joined(_ tokens: [Token], _ text: String) throws(CacheKeyTemplateError) -> [CacheKeyPart] {
        let arguments: [Token] = [.variable("args"), .variable("query_string")]
        var parts: [CacheKeyPart] = []
        var rest = tokens[...]
        while let token = rest.popFirst() {
            switch token {
            case .literal(let bytes): parts.append(.literal(bytes))
            case .variable("uri"), .variable("document_uri"):
                if rest.count >= 2, arguments.contains(rest[rest.startIndex + 1]) {
                    let between = rest[rest.startIndex]
                    if between == .variable("is_args") || between == .literal([UInt8(ascii: "?")]) {
                        rest = rest.dropFirst(2)
                        parts.append(.target(dropsEmptyQuery: between != .variable("is_args")))
                        continue
                    }
                }
                if let next = rest.first, arguments.contains(next) || next == .variable("is_args") {
                    throw CacheKeyTemplateError("'\(text)': write $uri$is_args$args, or $request_uri")
                }
                parts.append(.target(dropsEmptyQuery: false))
            case .variable("request_uri"):
                if let next = rest.first, arguments.contains(next) || next == .variable("is_args") {
                    throw CacheKeyTemplateError("'\(text)': $request_uri has the query in it already; leave $args out")
                }
                parts.append(.target(dropsEmptyQuery: false))
            case .variable("host"), .variable("http_host"), .variable("server_name"), .variable("proxy_host"):
                let colon = Token.literal([UInt8(ascii: ":")])
                let ports = ["server_port", "proxy_port"].map { [colon, Token.variable($0)] }
                if ports.contains(Array(rest.prefix(2))) { rest = rest.dropFirst(2) }
                parts.append(.host)
            case .variable("scheme"): parts.append(.scheme)
            case .variable("request_method"): parts.append(.method)
            case .variable("slice_range"): parts.append(.slice)
            case .variable(let name):
                // Two unknown ones in a row are one unknown text.
                if case .other? = parts.last { continue }
                parts.append(.other(name))
            }
        }
        return parts
    }

    private static func tokens(of text: [UInt8]) throws(CacheKeyTemplateError) -> [Token] {
        var tokens: [Token] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                if case .literal(let bytes)? = tokens.last {
                    tokens[tokens.count - 1] = .literal(bytes + [byte])
                } else {
                    tokens.append(.literal([byte]))
                }
                continue
            }
            let braced = rest.first == UInt8(ascii: "{")
            if braced { rest = rest.dropFirst() }
            let end = rest.firstIndex { !isVariableByte($0) } ?? rest.endIndex
            let name = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...]
            if braced, rest.popFirst() != UInt8(ascii: "}") { throw CacheKeyTemplateError("'${\(name)' is not closed") }
            guard !name.isEmpty else { throw CacheKeyTemplateError("a '$' without a variable name") }
            tokens.append(.variable(name))
        }
        return tokens
    }

    private static func isVariableByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: true
        default: false
        }
    }
}
