import ArgumentParser

/// What to purge, as flags, each repeatable.
///
/// Tags and hosts may be lists separated by commas; a URL and a prefix stand alone, since a comma may be a part of
/// them.
struct SelectorOptions: ParsableArguments {
    @Option(
        name: .customLong("tag"),
        help: ArgumentHelp("Everything that carries one of these cache tags.", valueName: "a,b"))
    var tag: [String] = []

    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "This URL, with all its variants and slices. Repeat it for several; a comma is a part of the URL.",
            valueName: "url")
    )
    var url: [String] = []

    @Option(name: .customLong("host"), help: ArgumentHelp("Everything of these hosts.", valueName: "host"))
    var host: [String] = []

    @Option(
        name: .customLong("prefix"),
        help: ArgumentHelp(
            "Everything at and below this path: host/path, no scheme, no query. Repeat it for several.",
            valueName: "host/path")
    )
    var prefix: [String] = []

    @Flag(name: .customLong("everything"), help: "Everything there is: of the zone, or in the index.")
    var everything = false

    /// The tags asked for.
    var tags: [String] { Self.split(tag) }
    /// The URLs asked for.
    var urls: [String] { Self.whole(url) }
    /// The hosts asked for.
    var hosts: [String] { Self.split(host) }
    /// The prefixes asked for.
    var prefixes: [String] { Self.whole(prefix) }

    /// Whether nothing at all was named.
    var isEmpty: Bool { !everything && tags.isEmpty && urls.isEmpty && hosts.isEmpty && prefixes.isEmpty }

    /// Checks that something was named, that `--everything` stands alone, and that no list is taken for one URL.
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
        try checkLists()
    }

    /// A list as the commas of tags make it would name nothing that is cached, and nobody would notice.
    private func checkLists() throws(CommandFailure) {
        if let list = url.first(where: { $0.contains(/,\s*https?:\/\//.ignoresCase()) }) {
            throw CommandFailure(
                "--url \(list): a comma is a part of a URL; repeat --url for each. If this is one URL, send it to "
                    + "the API",
                exit: .usage)
        }
        if let list = prefix.first(where: { $0.contains(/,\s*[\w-]+(\.[\w-]+)+\//) }) {
            throw CommandFailure(
                "--prefix \(list): a comma is a part of a path; repeat --prefix for each. If this is one path, send "
                    + "it to the API",
                exit: .usage)
        }
    }

    private static func whole(_ values: [String]) -> [String] {
        values.map { $0[...].trimmingSpaces() }.filter { !$0.isEmpty }
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
