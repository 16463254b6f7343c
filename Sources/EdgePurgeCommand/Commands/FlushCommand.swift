import ArgumentParser
import PurgeModel

/// `edge-purge flush`: purges everything in the caches of this machine.
struct FlushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush",
        abstract: "Purge everything in the caches of this machine.",
        discussion: """
              edge-purge flush
              edge-purge flush --mode invalidate --cache /var/cache/nginx/edge

            Only here; to purge everything everywhere: edge-purge purge --everything.
            It goes on over a restart of the agent. Exit codes: 0 done, 1 the agent
            cannot be reached or refused, 2 usage.
            """
    )

    @Option(help: ArgumentHelp("`delete`, or `invalidate`: mark stale, the origin is asked again.", valueName: "mode"))
    var mode = PurgeMode.delete.rawValue

    @Option(
        name: .customLong("cache"),
        help: ArgumentHelp("Only this cache path of the agent. Repeatable.", valueName: "path"))
    var caches: [String] = []

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        if PurgeMode(rawValue: mode) == nil { throw ValidationError("--mode \(mode): write delete or invalidate.") }
    }

    func run() async throws {
        let waiter = UpkeepWaiter(client: try admin.client(), showsProgress: Terminal.errorIsTerminal)
        let paths = caches.map { "&cache=\(HTTPCaller.escaped($0))" }.joined()
        let answer = try await waiter.run("/v1/flush?mode=\(mode)\(paths)")
        let task = try answer.decoded(UpkeepAnswer.self).task
        Terminal.write(admin.wantsJSON ? answer.text : "flushed; \(task.handled) objects")
    }
}
