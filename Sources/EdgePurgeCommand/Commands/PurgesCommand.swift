import ArgumentParser
import PurgeModel

/// `edge-purge purges`: what was purged, and whether it is complete.
struct PurgesCommand: AsyncParsableCommand {
    /// Which purges to list.
    enum State: String, ExpressibleByArgument, CaseIterable {
        case pending, confirmed
    }

    static let configuration = CommandConfiguration(
        commandName: "purges",
        abstract: "The last purges, newest first; search them.",
        discussion: """
              edge-purge purges                          the last 20
              edge-purge purges product-42               those that name or say this
              edge-purge purges --state pending          those that are not complete
              edge-purge purges --zone shop.example --limit 100 --json

            `edge-purge status ID` shows one of them agent by agent.
            """
    )

    @Argument(help: "Part of a tag, URL, host, prefix, reason or id.")
    var text: String?

    @Option(name: .customLong("state"), help: "Only those in this state.")
    var state: State?

    @Option(name: .customLong("zone"), help: "Only those of this zone, by name or id.")
    var zone: String?

    @Option(name: .customLong("limit"), help: "How many to show, at most 500.")
    var limit = 20

    @Option(
        name: .customLong("before"),
        help: ArgumentHelp("Go on where a list ended: what it printed, or \"next\" in its JSON.", valueName: "cursor"))
    var before: String?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if !(1...500).contains(limit) { throw ValidationError("--limit is \(limit); allowed: 1 to 500.") }
    }

    func run() async throws {
        let client = try control.client()
        let zoneID: String? = if let zone { try await client.zoneID(zone) } else { nil }
        let answer = try await client.get("/v1/purges?" + query(zoneID: zoneID))
        if control.wantsJSON {
            Terminal.write(answer.text)
            return
        }
        let list = try answer.decoded(PurgePage.self)
        Terminal.write(list.purges.isEmpty ? "No purge matches." : Self.table(of: list.purges).rendered())
        if let next = list.next { Terminal.write("\nThere are more: --before \(TextTable.printable(next))") }
    }

    /// The query of the request, without its question mark.
    func query(zoneID: String?) -> String {
        let parameters = [
            ("limit", "\(limit)"), ("q", text), ("state", state?.rawValue), ("zone", zoneID), ("before", before),
        ]
        return parameters.compactMap { name, value in value.map { "\(name)=\(HTTPCaller.escaped($0))" } }
            .joined(separator: "&")
    }

    /// One row for each purge, in the order given.
    static func table(of purges: [PurgeStatus]) -> TextTable {
        var table = TextTable([
            .left("ID"), .left("STATE"), .right("AGENTS"), .right("TOOK"), .right("REMOVED"), .left("ACCEPTED (UTC)"),
            .left("MODE"), .left("WHAT"), .left("REASON"),
        ])
        for purge in purges {
            table.add([
                purge.id, purge.stateWord, "\(purge.agents.done)/\(purge.agents.expected)", purge.tookText,
                "\(purge.removed)", purge.acceptedText, purge.mode.rawValue, purge.selectors.summary,
                purge.reason ?? "",
            ])
        }
        return table
    }
}
