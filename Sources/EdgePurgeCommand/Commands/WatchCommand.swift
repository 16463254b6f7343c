import ArgumentParser

/// `edge-purge watch`: agents and the last purges, as they change.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Agents and the last purges, as they change.",
        discussion: """
              edge-purge watch                   a screen; q or Ctrl-C ends it
              edge-purge watch --json | jq .     a line of JSON each second
              edge-purge watch --interval 1m >>log

            On a terminal it draws in place: agents that need somebody first, then the
            last purges. Elsewhere it writes a line each time, with the time in UTC. When
            the control plane cannot be reached it says so in the same place, and goes on
            trying (--json: {"at":…,"problem":…}).
            """
    )

    @Option(
        name: .customLong("interval"),
        help: ArgumentHelp("Time between two looks: 500ms, 5s, 1m.", valueName: "duration"))
    var interval = WaitArgument(.seconds(1))

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if try interval.checked("--interval") < .milliseconds(100) {
            throw ValidationError("--interval is \(interval); it must be at least 100ms.")
        }
    }

    func run() async throws {
        let client = try control.client()
        let interval = try interval.checked("--interval")
        if Terminal.isScreen && !control.wantsJSON {
            try await WatchTerminal(client: client, interval: interval).run()
        } else {
            try await WatchLines(client: client, interval: interval, wantsJSON: control.wantsJSON).run()
        }
    }
}
