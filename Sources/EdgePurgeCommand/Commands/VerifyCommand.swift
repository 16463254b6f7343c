import ArgumentParser
import PurgeModel

/// `edge-purge verify`: compares index and cache files of this machine.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare the index with the cache files, both ways, and repair it.",
        discussion: """
              edge-purge verify
              edge-purge verify --config /etc/edge-purge/agent.yaml --json

            Purges go on meanwhile, and go first. Exit codes: 0 nothing differed,
            1 the agent cannot be reached or refused, 2 usage, 4 something differed,
            and is repaired, 6 a cache could not be compared; 'problem' in
            edge-purge agents says why.
            """
    )

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        let waiter = UpkeepWaiter(client: try admin.client(), showsProgress: Terminal.errorIsTerminal)
        let answer = try await waiter.run("/v1/verify")
        let task = try answer.decoded(UpkeepAnswer.self).task
        let report = task.report
        if admin.wantsJSON {
            Terminal.write(answer.text)
        } else {
            Terminal.write(Self.text(task))
        }
        if report?.notCompared?.isEmpty == false { throw CommandFailure("", exit: .notCompared) }
        if (report?.repaired ?? 0) > 0 { throw CommandFailure("", exit: .repaired) }
    }

    /// What a person reads.
    static func text(_ task: UpkeepAnswer.Task) -> String {
        guard let report = task.report else { return "nothing is cached; nothing differed" }
        var table = TextTable([.left("DIFFERENCE"), .right("REPAIRED")])
        table.add(["cached files that the index did not have", "\(report.unindexedFiles)"])
        table.add(["index entries whose file was gone", "\(report.vanishedFiles)"])
        table.add(["index entries of an older file", "\(report.replacedFiles)"])
        table.add(["objects that were indexed in part", "\(report.incompleteObjects)"])
        table.add(["index entries that led nowhere", "\(report.danglingEntries)"])
        let missing = (report.notCompared ?? []).map { "\nnot compared, because it cannot be looked through: \($0)" }
        return """
            \(table.rendered())

            \(task.handled) files and entries compared, \(report.repaired) repaired; \
            \(report.unusedNames) unused names of hosts and tags removed
            """ + missing.joined()
    }
}
