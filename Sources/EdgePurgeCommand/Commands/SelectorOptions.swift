import ArgumentParser

/// What to purge, as flags: each repeatable, each a list separated by commas.
struct SelectorOptions: ParsableArguments {
    @Option(
        name: .customLong("tag"),
        help: ArgumentHelp("Everything that carries one of these cache tags.", valueName: "a,b"))
    var tag: [String] = []

    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "These URLs, with all their variants and slices. (A comma within a URL: write %2C.)", valueName: "url")
    )
    var url: [String] = []

    @Option(name: .customLong("host"), help: ArgumentHelp("Everything of these hosts.", valueName: "host"))
    var host: [String] = []

    @Option(
        name: .customLong("prefix"),
        help: ArgumentHelp(
            "Everything at and below these paths: host/path, no scheme, no query.", valueName: "host/path")
    )
    var prefix: [String] = []

    @Flag(name: .customLong("everything"), help: "Everything there is: of the zone, or in the index.")
    var everything = false

    /// The tags asked for.
    var tags: [String] { Self.split(tag) }
    /// The URLs asked for.
    var urls: [String] { Self.split(url) }
    /// The hosts asked for.
    var hosts: [String] { Self.split(host) }
    /// The prefixes asked for.
    var prefixes: [String] { Self.split(prefix) }

    /// Whether nothing at all was named.
    var isEmpty: Bool { !everything && tags.isEmpty && urls.isEmpty && hosts.isEmpty && prefixes.isEmpty }

    /// Checks that something was named, and that `--everything` stands alone.
    ///
    /// For `run`, not for `validate`: that would come before a mistyped option is named (`--tgs`).
    func check() throws(CommandFailure) {
        if isEmpty {
            throw CommandFailure(
                "say what: at least one of --tag, --url, --host, --prefix, or --everything; see --help for examples",
                exit: .usage)
        }
        if everything && !(tags.isEmpty && urls.isEmpty && hosts.isEmpty && prefixes.isEmpty) {
            throw CommandFailure("--everything already names all there is; leave the other selectors out", exit: .usage)
        }
    }

    private static func split(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",") }
            .map { $0.trimmingSpaces() }
            .filter { !$0.isEmpty }
    }
}

extension Substring {
    /// The text without spaces around it: `--tag "a, b"` is two tags.
    fileprivate func trimmingSpaces() -> String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
