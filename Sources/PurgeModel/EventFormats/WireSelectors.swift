/// What stands in `selectors`, as text.
///
/// A name that is not known is an error here: it would have named something to purge.
struct WireSelectors: Decodable {
    private static let known: Set = ["urls", "tags", "hosts", "prefixes", "everything"]

    var urls: [String] = []
    var tags: [String] = []
    var hosts: [String] = []
    var prefixes: [String] = []
    var everything: Bool?

    /// Nothing yet.
    init() {}

    init(from decoder: any Decoder) throws {
        let fields = try WireFields(decoder)
        // Sorted, so that the same message always gives the same reason.
        for name in fields.names.sorted() where !Self.known.contains(name) {
            throw PurgeEventError(
                .unknownSelector,
                "selectors has \(QuotedValue(name)); known are urls, tags, hosts, prefixes and everything.")
        }
        urls = try fields.strings("urls") ?? []
        tags = try fields.strings("tags") ?? []
        hosts = try fields.strings("hosts") ?? []
        prefixes = try fields.strings("prefixes") ?? []
        everything = try fields.field("everything", as: Bool.self, expected: "true")
    }
}
