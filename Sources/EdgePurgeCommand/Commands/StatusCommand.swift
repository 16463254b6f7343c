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

            Exit codes: 0 known (with --wait: confirmed), 1 unknown or not reachable,
            2 usage, 3 not confirmed in time.
            """
    )

    @Argument(help: "The purge id: 32 hexadecimal digits, printed when the purge was accepted.")
    var id: String

    @Option(
        name: .customLong("wait"),
        defaultAsFlag: WaitArgument.standard,
        parsing: .next,
        help: ArgumentHelp("Wait until confirmed, at most this long: 500ms, 10s, 5m.", valueName: "duration")
    )
    var wait: WaitArgument?

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if !ControlClient.isZoneID(id) {
            throw ValidationError("\"\(id)\" is not a purge id: 32 hexadecimal digits.")
        }
        _ = try wait?.checked("--wait")
    }

    func run() async throws {
        let client = try control.client()
        if let wait {
            let waiter = ConfirmationWaiter(
                client: client, start: .now, showsProgress: Terminal.errorIsTerminal, wantsAgents: true)
            let outcome = try await waiter.wait(for: id, atMost: wait.checked("--wait"))
            if let progress = outcome.progress, !control.wantsJSON { Self.showShares(of: progress) }
            try PurgeReport(wantsJSON: control.wantsJSON).show(outcome, id: id)
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
                share.agent, share.region ?? "", share.standing.rawValue, share.removed.map { "\($0)" } ?? "",
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
