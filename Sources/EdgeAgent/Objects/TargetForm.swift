import PurgeModel

/// What a cache key keeps of the path and query that a visitor asked for: an object and a purge meet in this form.
///
/// In the index a target is the head of its form, a byte or a few that no path begins with, and then path and query.
/// ``visitor``, which most keys have, has no head.
struct TargetForm: Hashable, Sendable {
    /// How the path stands in the key.
    enum Path: UInt8, Hashable, Sendable {
        /// As the visitor sent it (`$request_uri`); spellings are made alike by the configured normalisation.
        case sent = 0
        /// As nginx decodes it (`$uri`).
        case decoded = 1
    }

    /// How much of the query stands in the key.
    enum Query: Hashable, Sendable {
        case whole
        case none
        /// The values of these arguments (`$arg_w`).
        case arguments([String])
    }

    /// A piece of what stands in a key from the path on.
    enum Piece: Hashable, Sendable {
        case literal([UInt8])
        case path
        /// `?`, where there is a query.
        case questionMark
        case query
        case argument(String)
    }

    var path: Path
    var query: Query
    /// What stands in the key from the path on, where nobody can tell path and query apart; empty where they can.
    ///
    /// A purge writes the same text.
    var pieces: [Piece] = []
    /// Whether something follows that cannot be told from path and query: then a purge takes every target that begins
    /// with its own.
    var isOpen = false

    /// Path and query as the visitor sent them.
    static let visitor = TargetForm(path: .sent, query: .whole)

    /// Whether a target is text that nobody can tell apart, so that a prefix need not end with a segment.
    var isText: Bool { isOpen || !pieces.isEmpty }

    // MARK: Of a purge

    /// The target that a visitor's request has in this form.
    ///
    /// - Parameter target: path and query, as the visitor sends them.
    func target(ofVisitors target: [UInt8], _ normalization: URLNormalization) -> [UInt8] {
        let target = Self.withoutFragment(target[...])
        if path == .sent { return head + normalization.normalize(Array(target)) }
        let end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        let query = target[end...].dropFirst()
        let path = DecodedPath.of(target[..<end])
        guard pieces.isEmpty else {
            let text = pieces.reduce(into: []) { $0 += Self.text($1, path, query) }
            return head + DecodedPath.folded(text[...])
        }
        switch self.query {
        case .whole: return closed(path, query, normalization)
        case .none: return closed(path, [], normalization)
        case .arguments(let names):
            return closed(path, names.map { Self.argument($0, in: query) }, normalization)
        }
    }

    /// What the targets below a prefix begin with in this form.
    func target(of prefix: PathPrefix, _ normalization: URLNormalization) -> [UInt8] {
        if path == .sent { return head + prefix.normalized(by: normalization).path }
        let path = DecodedPath.of(prefix.path[...])[...]
        return head + (pieces.isEmpty ? DecodedPath.encoded(path) : DecodedPath.folded(path))
    }

    private static func text(_ piece: Piece, _ path: [UInt8], _ query: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        switch piece {
        case .literal(let bytes): bytes[...]
        case .path: path[...]
        case .questionMark: query.isEmpty ? [] : [UInt8(ascii: "?")]
        case .query: query
        case .argument(let name): argument(name, in: query)
        }
    }

    /// The value of `$arg_NAME` (`ngx_http_arg`): of the first argument of that name, in any case, up to the next `&`.
    private static func argument(_ name: String, in query: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let name = name.utf8.map { $0 | 0x20 }
        for argument in query.split(separator: UInt8(ascii: "&")) {
            guard let end = argument.firstIndex(of: UInt8(ascii: "=")) else { continue }
            if argument[..<end].map({ $0 | 0x20 }) == name { return argument[(end + 1)...] }
        }
        return []
    }

    /// nginx takes a `#` and what follows it for no part of the request (`ngx_http_parse_complex_uri`), but
    /// `$request_uri` has it.
    private static func withoutFragment(_ target: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        target.prefix { $0 != UInt8(ascii: "#") }
    }

    // MARK: Of a stored key

    /// The targets of an object, from the parts of its key: one, but for text with dot segments.
    ///
    /// - Parameters:
    ///   - path: with the query, for ``Path/sent``; up to where nobody can tell any more, for text.
    ///   - query: nothing for ``Path/sent``.
    func targets(
        stored path: ArraySlice<UInt8>, query: ArraySlice<UInt8>, arguments: [ArraySlice<UInt8>],
        _ normalization: URLNormalization
    ) -> [[UInt8]] {
        if self.path == .sent {
            // An absolute request without a path (`GET http://shop.example?a`) has a $request_uri without a slash.
            let slash = path.first == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
            return isOpen
                ? normalization.normalize(beginning: slash + path).map { head + $0 }
                : [head + normalization.normalize(slash + Self.withoutFragment(path))]
        }
        guard pieces.isEmpty else { return [head + DecodedPath.folded(path)] }
        let path = DecodedPath.merged(path)
        if case .arguments = self.query { return [closed(path, arguments, normalization)] }
        return [closed(path, query, normalization)]
    }

    private func closed(
        _ path: [UInt8], _ query: ArraySlice<UInt8>, _ normalization: URLNormalization
    ) -> [UInt8] {
        let target = head + DecodedPath.encoded(path[...])
        return query.isEmpty ? target : target + [UInt8(ascii: "?")] + Self.normalized(query, normalization)
    }

    private func closed(
        _ path: [UInt8], _ arguments: [ArraySlice<UInt8>], _ normalization: URLNormalization
    ) -> [UInt8] {
        var target = head + DecodedPath.encoded(path[...])
        for (position, value) in arguments.enumerated() {
            target += [UInt8(ascii: position == 0 ? "?" : "&")] + Self.normalized(value, normalization)
        }
        return target
    }

    private static func normalized(_ query: ArraySlice<UInt8>, _ normalization: URLNormalization) -> ArraySlice<UInt8> {
        normalization.normalize(Array("/?".utf8) + query).dropFirst(2)
    }

    // MARK: The head

    /// What the form's targets begin with in the index.
    private var head: [UInt8] {
        guard self != .visitor else { return [] }
        var kind = Self.headMin | path.rawValue | (isOpen ? Self.openBit : 0)
        guard pieces.isEmpty else { return [kind | Self.textBits, Self.headEnd] }
        switch query {
        case .whole: return [kind]
        case .none: return [kind | Self.noQueryBit]
        case .arguments(let names):
            kind |= Self.argumentsBit
            return [kind] + Array(names.joined(separator: "&").utf8) + [Self.headEnd]
        }
    }

    private static let headMin: UInt8 = 0x10
    private static let openBit: UInt8 = 2
    private static let noQueryBit: UInt8 = 4
    private static let argumentsBit: UInt8 = 8
    /// Without a query there are no arguments in it.
    private static let textBits = noQueryBit | argumentsBit
    private static let headEnd: UInt8 = 0x0f

    /// Where the head of a target in the index ends, and whether the target is open, and text.
    static func head(of target: [UInt8]) -> (end: Int, isOpen: Bool, isText: Bool) {
        guard let kind = target.first, (headMin..<2 * headMin).contains(kind) else { return (0, false, false) }
        let end = kind & argumentsBit == 0 ? 1 : (target.firstIndex(of: headEnd) ?? 0) + 1
        let isOpen = kind & openBit != 0
        return (end, isOpen, isOpen || kind & textBits == textBits)
    }

    /// A target of the index as people read it.
    static func text(of target: [UInt8]) -> String {
        String(decoding: target[head(of: target).end...], as: UTF8.self)
    }
}
