/// One directive of an nginx configuration, with what stands in its block.
struct NginxDirective: Hashable, Sendable {
    /// Where a directive stands.
    struct Place: Hashable, Sendable, CustomStringConvertible {
        var file: String
        /// Counted from 1.
        var line: Int
        /// Its bytes, from its first word to behind its `;` or `}`; empty where it is not known.
        var bytes: Range<Int> = 0..<0
        /// Those between its braces; nil where it has none.
        var inside: Range<Int>?

        var description: String { "\(file):\(line)" }
    }

    /// The first word: `location`, `proxy_pass`; in a `map` or `types` the value that is looked for.
    var name: String
    /// The other words, without the quotes and backslashes that nginx takes off.
    var arguments: [String]
    /// What stands in braces; empty where there are none.
    var block: [NginxDirective]
    /// Where its first word stands.
    var place: Place

    /// The directives of this name right in its block.
    func children(_ name: String) -> [NginxDirective] { block.filter { $0.name == name } }

    /// How a person knows it: `location ~ \.php$`.
    var heading: String { ([name] + arguments).joined(separator: " ") }
}
