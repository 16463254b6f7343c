import ArgumentParser

/// Which stored objects are meant: the selectors of a purge, asked of one agent.
struct ObjectOptions: ParsableArguments {
    @OptionGroup(title: "Which objects") var selectors: SelectorOptions

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp(
            "Only hosts that match one of these patterns: shop.example, *.shop.example.", valueName: "pattern")
    )
    var scope: [String] = []

    /// The query part of a request: `tag=a&tag=b`.
    var query: String {
        let pairs =
            selectors.tags.map { ("tag", $0) } + selectors.urls.map { ("url", $0) }
            + selectors.hosts.map { ("host", $0) }
            + selectors.prefixes.map { ("prefix", $0) } + scope.map { ("scope", $0) }
            + (selectors.everything ? [("everything", "true")] : [])
        return pairs.map { "\($0.0)=\(HTTPCaller.escaped($0.1))" }.joined(separator: "&")
    }
}
