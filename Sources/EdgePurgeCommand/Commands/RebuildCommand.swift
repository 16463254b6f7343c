import ArgumentParser
import PurgeModel

/// `edge-purge rebuild`: makes the index of this machine anew.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Drop the index, and make it anew from the cache files.",
        discussion: """
            Purges wait until it is done, and nothing is acknowledged meanwhile. The
            queue stays. Exit codes: 0 done, 1 the agent cannot be reached or refused,
            2 usage.
            """
    )

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        let waiter = UpkeepWaiter(client: try admin.client(), showsProgress: Terminal.errorIsTerminal)
        let answer = try await waiter.run("/v1/rebuild")
        let task = try answer.decoded(UpkeepAnswer.self).task
        Terminal.write(admin.wantsJSON ? answer.text : "the index is made anew; \(task.handled) objects are indexed")
    }
}
