import ArgumentParser
import PurgeModel

/// Whether to wait for a purge, for what, and for how long.
struct WaitOptions: ParsableArguments {
    @Option(
        name: .customLong("wait"),
        defaultAsFlag: WaitArgument.standard,
        parsing: .next,
        help: ArgumentHelp("Wait until confirmed, at most this long: 500ms, 10s, 5m.", valueName: "duration")
    )
    var wait: WaitArgument?

    @Option(
        name: .customLong("until"),
        help: ArgumentHelp(
            "What to wait for: effective (nobody is served it any more) or confirmed (applied everywhere; the "
                + "default). With it --wait may be left out.", valueName: "what"))
    var until: Milestone?

    /// What to wait for; nil: nothing.
    var milestone: Milestone? { until ?? (wait == nil ? nil : .confirmed) }

    /// How long.
    ///
    /// - Throws: `ValidationError` that says what is allowed.
    func limit() throws -> Duration { try (wait ?? .standard).checked("--wait") }

    func validate() throws {
        _ = try limit()
    }
}

extension Milestone: ExpressibleByArgument {}
