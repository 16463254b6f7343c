/// Reads the value of `proxy_cache_key`, as it stands in nginx's configuration.
enum CacheKeyParser {
    /// A literal or the name of a variable.
    private enum Token: Hashable {
        case literal([UInt8])
        case variable(String)
    }

    /// The parts of a key.
    ///
    /// - Parameters:
    ///   - text: with or without quotes, the name of the directive before it and the semicolon behind it.
    ///   - values: what variables may hold, see ``CacheKeyTemplate``.
    static func parts(
        of text: String, values: [String: CacheKeyVariable]
    ) throws(CacheKeyTemplateError) -> [CacheKeyPart] {
        var parts: [CacheKeyPart] = []
        var rest = try tokens(of: Array(value(of: text).utf8))[...]
        while let token = rest.popFirst() {
            switch token {
            case .literal(let bytes):
                // What `values` made of a variable may stand beside it.
                if case .literal(let before)? = parts.last {
                    parts[parts.count - 1] = .literal(before + bytes)
                } else {
                    parts.append(.literal(bytes))
                }
            case .variable(let written):
                // nginx takes a variable's name in any case (ngx_http_get_variable_index).
                let name = written.lowercased()
                let part =
                    switch values[written] ?? values[name] {
                    case .oneOf(let texts): CacheKeyPart.texts(texts)
                    case .same(let other): CacheKeyPart.variable(other)
                    case nil: CacheKeyPart.variable(name)
                    }
                if case .other = part, case .other? = parts.last { continue }  // two unknown ones are one unknown text
                parts.append(part)
                // `$host:$server_port` is a host.
                let ports = ["server_port", "proxy_port"].map { [Token.literal([UInt8(ascii: ":")]), .variable($0)] }
                if part.isHost, ports.contains(Array(rest.prefix(2))) { rest = rest.dropFirst(2) }
            }
        }
        return opened(parts)
    }

    /// A target that an unknown text follows without a separator becomes an open one together with it.
    private static func opened(_ parts: [CacheKeyPart]) -> [CacheKeyPart] {
        guard let start = parts.firstIndex(where: \.isTarget) else { return parts }
        var openEnd: Int?
        for end in parts.indices.dropFirst(start + 1) {
            if parts[end].isFreeText, parts[end - 1].isFreeText || parts[end].isOther {
                openEnd = end + 1
            } else if case .literal = parts[end] {
                // Between the pieces of a query it is one of them.
                guard end + 1 < parts.count, isQuery(parts[end + 1]) else { break }
            } else if !parts[end].mayBeEmpty {
                break
            }
        }
        guard let openEnd else { return parts }
        let form = CacheKeyPart.text(parts[start..<openEnd])
        return parts[..<start] + [.openTarget(form)] + parts[openEnd...]
    }

    private static func isQuery(_ part: CacheKeyPart) -> Bool {
        switch part {
        case .query, .argument: true
        default: false
        }
    }

    // MARK: Text

    /// The value in a line of nginx's configuration, which people paste whole.
    private static func value(of text: String) -> Substring {
        var rest = text[...]
        let directive = /^\s*(?:proxy|fastcgi|uwsgi|scgi)_cache_key\s+/
        if let match = rest.prefixMatch(of: directive) { rest = rest[match.range.upperBound...] }
        rest = trimmed(rest)
        if rest.last == ";" { rest = trimmed(rest.dropLast()) }
        for quote in ["\"", "'"] where rest.count >= 2 && rest.hasPrefix(quote) && rest.hasSuffix(quote) {
            return rest.dropFirst().dropLast()
        }
        return rest
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop(while: \.isWhitespace)
        let end = start.lastIndex { !$0.isWhitespace }
        return end.map { start[...$0] } ?? ""
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
