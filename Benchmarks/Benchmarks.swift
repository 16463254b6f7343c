import ArgumentParser
import Foundation

/// Measures what DESIGN section 10 promises, as ratios within one run.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "EdgePurgeBenchmarks",
        abstract: "Measure edge-purge against bare loops that do the least that could be done.",
        discussion: """
            Starts the edge-purge executable that lies beside this one, makes cache
            files in a temporary directory, and removes everything at the end. Ratios
            of one run can be compared, times of two machines can't.
            """
    )

    @Option(help: "Files in the cache, a multiple of 10000.")
    var objects = 200_000

    @Option(name: .customLong("json"), help: ArgumentHelp("Write the rows to this file too.", valueName: "path"))
    var jsonPath: String?

    @Option(help: ArgumentHelp("Where the temporary directory is made.", valueName: "path"))
    var directory = FileManager.default.temporaryDirectory.path

    @Flag(name: .customLong("no-confirmation"), help: "Leave out the measurement that needs nginx.")
    var skipsConfirmation = false

    func validate() throws {
        guard (10_000...100_000_000).contains(objects), objects.isMultiple(of: 10_000) else {
            throw ValidationError("--objects is \(objects); allowed: a multiple of 10000 from 10000 to 100000000.")
        }
    }

    func run() async throws {
        let workspace = try Workspace(in: directory)
        defer { workspace.remove() }
        let cache = AgentBenchmark(workspace: workspace, objects: objects)
        var report = Report(objects: objects)
        try await cache.run(into: &report)
        if !skipsConfirmation {
            try await ConfirmationBenchmark(workspace: workspace).run(into: &report)
        }
        Progress.clear()
        FileHandle.standardOutput.write(Data(report.table.utf8))
        if let jsonPath { try report.json.write(to: URL(filePath: jsonPath), options: .atomic) }
    }
}
