/// Reads a purge in our own form, as most producers write it, many times faster than a JSON parser.
///
/// An event may name thousands of URLs in a megabyte, and whoever reads it has others waiting. Whatever is unusual
/// (fields it does not know, null, escapes, characters outside ASCII, anything invalid) is left to the parser. What is
/// read here is what the parser would have read; both drafts are checked by the same code.
enum PurgeEventScanner {
    private typealias Unusual = PlainJSONReader.Unusual

    /// What stands in a message, or nil when the parser has to look.
    static func scan(_ bytes: [UInt8]) -> PurgeEventDraft? {
        var json = PlainJSONReader(bytes)
        json.skipSpaces()
        guard let draft = try? draft(&json) else { return nil }
        json.skipSpaces()
        return json.isAtEnd ? draft : nil
    }

    private static func draft(_ json: inout PlainJSONReader) throws(Unusual) -> PurgeEventDraft {
        var draft = PurgeEventDraft()
        try json.object { name, json throws(Unusual) in
            switch name {
            case "id": draft.id = .own(try json.string())
            case "zone": draft.zone = try json.string()
            case "scope": draft.scope = try json.strings()
            case "selectors": draft.named = .selectors(try selectors(&json))
            case "mode": draft.mode = try json.string()
            case "accepted_at": draft.acceptedAt = (name, try json.string())
            case "source": draft.source = try json.string()
            case "reason": draft.reason = try json.string()
            default: throw Unusual()
            }
        }
        return draft
    }

    private static func selectors(_ json: inout PlainJSONReader) throws(Unusual) -> WireSelectors {
        var selectors = WireSelectors()
        try json.object { name, json throws(Unusual) in
            switch name {
            case "urls": selectors.urls = try some(&json)
            case "tags": selectors.tags = try some(&json)
            case "hosts": selectors.hosts = try some(&json)
            case "prefixes": selectors.prefixes = try some(&json)
            case "everything":
                try json.expect(isTrue)
                selectors.everything = true
            default: throw Unusual()
            }
        }
        return selectors
    }

    private static let isTrue = Array("true".utf8)

    /// Strings, at least one.
    private static func some(_ json: inout PlainJSONReader) throws(Unusual) -> [String] {
        let strings = try json.strings()
        guard !strings.isEmpty else { throw Unusual() }
        return strings
    }
}
