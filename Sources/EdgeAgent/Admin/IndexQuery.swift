import Hummingbird
import PurgeModel

/// A question to the index: the selectors of a purge, and how many objects to show.
struct IndexQuery {
    var selectors: Selectors
    var scope: Scope
    var limit: Int

    private static let limitMax = 10_000
    private static let known: Set<String> = ["url", "tag", "host", "prefix", "everything", "scope", "limit"]

    /// Reads `?tag=a&tag=b&url=…&host=…&prefix=…&everything=true&scope=*.example.com&limit=100`.
    init(_ parameters: Parameters) throws {
        for (name, _) in parameters where !Self.known.contains(String(name)) {
            throw QueryError(
                "unknown parameter '\(name)'; known are \(Self.known.sorted().joined(separator: ", "))")
        }
        let all = { (name: String) in parameters.getAll(name) }
        selectors = Selectors()
        selectors.urls = try all("url").map(Self.url)
        selectors.tags = try all("tag").map { try CacheTag(validating: $0) }
        selectors.hosts = try all("host").map { try HostName(validating: $0) }
        selectors.prefixes = try all("prefix").map { try PathPrefix(validating: $0) }
        selectors.everything = parameters["everything"] == "true"
        guard selectors.everything || selectors.keyCount > 0 else {
            throw QueryError("say what to look for: tag, url, host, prefix or everything=true")
        }
        let patterns = try all("scope").map { try HostPattern(validating: $0) }
        scope = patterns.isEmpty ? .all : Scope(patterns)
        limit = 100
        if let text = parameters["limit"] {
            guard let number = Int(text), (1...Self.limitMax).contains(number) else {
                throw QueryError("limit=\(text) is not a number from 1 to \(Self.limitMax)")
            }
            limit = number
        }
    }

    /// As for a purge, except that the refusal must not sound like one: nothing is purged here.
    private static func url(_ text: String) throws(SelectorError) -> PurgeURL {
        do {
            return try PurgeURL(validating: text)
        } catch {
            let message = error.message.replacing("Unable to purge", with: "Unable to look for", maxReplacements: 1)
            throw SelectorError(error.code, message: message)
        }
    }
}
