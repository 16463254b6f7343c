import ArgumentParser
import FoundationEssentials
import PurgeModel

/// `edge-purge purge`: asks the control plane for a purge, and waits for it if told to.
struct PurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Purge by tag, URL, host, path prefix, or everything.",
        discussion: """
            Several selectors may be given together; whatever matches any of them
            is purged.

              edge-purge purge --zone shop.example --tag product-42,product-43 --wait
              edge-purge purge --url https://shop.example/index.html --invalidate
              edge-purge purge --prefix shop.example/images --wait=10s --json
              edge-purge purge --host img.shop.example --until effective
              edge-purge purge --zone shop.example --everything --reason "wrong prices"

            With --wait it returns when every agent has confirmed that what was
            named is gone from its caches; with --until effective as soon as nobody
            is served it any more, which is much earlier for a large purge where
            nginx asks the agents.

            Exit codes: 0 confirmed, or effective with --until effective (without
            --wait: accepted), 1 refused, not reachable, or not known whether it was
            accepted (it says which), 2 usage, 3 accepted but not so far in time: the
            purge goes on, ask again with `edge-purge status ID --wait`.
            """
    )

    @OptionGroup(title: "What to purge") var selectors: SelectorOptions

    @Option(name: .customLong("zone"), help: "The zone by name or id. May be left out when there is only one.")
    var zone: String?

    @Flag(
        name: .customLong("invalidate"),
        help: "Mark stale instead of delete: the next request asks the origin whether it changed."
    )
    var invalidates = false

    @Option(
        name: .customLong("reason"),
        help: ArgumentHelp("Why; it stays in the history of purges.", valueName: "text"))
    var reason: String?

    @Option(
        name: .customLong("id"),
        help: ArgumentHelp(
            "An id of your own, 32 random hexadecimal digits: running it again does not purge twice.", valueName: "id"))
    var id: String?

    @OptionGroup var waiting: WaitOptions

    @OptionGroup var control: ControlOptions

    func run() async throws {
        try selectors.check()
        let client = try control.client()
        let zoneID = try await client.zoneID(zone)
        let start = ContinuousClock.now
        let purge = try await accepted(by: client, zoneID: zoneID)
        let id = purge.id
        guard let milestone = waiting.milestone else {
            // The output is for scripts; what a person should know goes beside it.
            for note in PurgeReport.notes(purge.messages ?? []) { Terminal.writeError(note) }
            Terminal.write(control.wantsJSON ? Self.acceptedJSON(id: id, zoneID: zoneID) : id)
            return
        }
        let waiter = ConfirmationWaiter(
            client: client, start: start, showsProgress: Terminal.errorIsTerminal, wantsAgents: control.wantsJSON)
        try PurgeReport(wantsJSON: control.wantsJSON).show(
            try await waiter.wait(until: milestone, of: id, atMost: waiting.limit()), id: id, awaited: milestone)
    }

    /// Sends the purge and answers how it stands.
    private func accepted(by client: ControlClient, zoneID: String) async throws(CommandFailure) -> PurgeStatus {
        let target = "/v1/purges"
        let answer = try await client.call("POST", target, body: body(zoneID: zoneID))
        guard answer.isSuccess else {
            if let error = try? answer.decoded(ErrorAnswer.self).error, error.code == "outcome_unknown" {
                throw CommandFailure(Self.unknownOutcome(error.message, id: id))
            }
            var failure = client.refusal(answer, of: target)
            failure.message = "the control plane refused the purge: \(failure.message)"
            throw failure
        }
        return try answer.decoded(PurgeStatus.self)
    }

    /// What to say when Kafka did not answer the control plane: neither refused nor accepted.
    ///
    /// - Parameter id: as it was given; else it is what the control plane's sentence names.
    static func unknownOutcome(_ message: String, id: String?) -> String {
        let named = message.firstMatch(of: /\/v1\/purges\/([0-9a-f]{32})/).map { String($0.1) }
        return "it is not known whether the purge was accepted, and it may still happen; ask with "
            + "`edge-purge status \(id ?? named ?? "ID") --wait`. The control plane said: \(message) (outcome_unknown)"
    }

    private func body(zoneID: String) throws(CommandFailure) -> Data {
        let body = PurgeOrderBody(
            zone: zoneID,
            selectors: PurgeOrderBody.Named(
                urls: selectors.urls.nilIfEmpty, tags: selectors.tags.nilIfEmpty, hosts: selectors.hosts.nilIfEmpty,
                prefixes: selectors.prefixes.nilIfEmpty, everything: selectors.everything ? true : nil),
            mode: invalidates ? "invalidate" : "delete", reason: reason, id: id)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        do {
            return try encoder.encode(body)
        } catch {
            throw CommandFailure("the selectors cannot be written as JSON: \(error)")
        }
    }

    private static func acceptedJSON(id: String, zoneID: String) -> String {
        #"{"id":"\#(id)","zone":"\#(zoneID)","state":"accepted"}"#
    }
}

extension Array {
    fileprivate var nilIfEmpty: Self? { isEmpty ? nil : self }
}
