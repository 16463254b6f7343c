import ArgumentParser
import PurgeModel

/// `edge-purge status ID`: how one purge stands.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "How one purge stands, agent by agent.",
        discussion: """
              edge-purge status 6f1c0a5e3d2b4c7f8e9a0b1c2d3e4f50
              edge-purge status 6f1c0a5e3d2b4c7f8e9a0b1c2d3e4f50 --wait=1m

            Purges that were produced straight to Kafka are known too.

            Exit codes: 0 known (with --wait: confirmed; with --until effective:
            effective), 1 unknown or not reachable, 2 usage, 3 not so far in time.
            """
    )

    @Argument(help: "The purge id: 32 hexadecimal digits, printed when the purge was accepted.")
    var id: String

    @OptionGroup var waiting: WaitOptions

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if !ControlClient.isZoneID(id) {
            throw ValidationError("\"\(id)\" is not a purge id: 32 hexadecimal digits.")
        }
    }

    func run() async throws {
        let client = try control.client()
        if let milestone = waiting.milestone {
            let waiter = ConfirmationWaiter(
                client: client, start: .now, showsProgress: Terminal.errorIsTerminal, wantsAgents: true)
            let outcome = try await waiter.wait(until: milestone, of: id, atMost: waiting.limit())
            if let progress = outcome.progress, !control.wantsJSON { Self.showShares(of: progress) }
            try PurgeReport(wantsJSON: control.wantsJSON).show(outcome, id: id, awaited: milestone)
            return
        }
        let answer = try await client.get("/v1/purges/\(id)")
        if control.wantsJSON {
            Terminal.write(answer.text)
            return
        }
        let progress = try answer.decoded(PurgeStatus.self)
        Self.showShares(of: progress)
        Terminal.write(PurgeReport.text(progress))
    }

    private static func showShares(of progress: PurgeStatus) {
        var table = TextTable([
            .left("AGENT"), .left("REGION"), .left("STANDING"), .right("REMOVED"), .right("BYTES"), .right("TOOK"),
            .left("APPLIED AT"),
        ])
        for share in progress.byAgent ?? [] {
            table.add([
                share.agent, share.region ?? "", share.standingWord, share.removed.map { "\($0)" } ?? "",
                share.bytes.map { ByteSizeText.approximate(Int(clamping: $0)) } ?? "",
                share.tookUs.map(Self.took) ?? "",
                share.appliedAt ?? "",
            ])
        }
        if !table.isEmpty { Terminal.write(table.rendered() + "\n") }
    }

    private static func took(microseconds: Int64) -> String {
        microseconds < 1000
            ? "\(microseconds) us" : "\(microseconds / 1000).\(microseconds % 1000 / 100) ms"
    }
}
