import ArgumentParser
import Foundation

/// Measures speed and size against the targets of docs/architecture.md, as ratios within one run.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "EdgePurgeBenchmarks",
        abstract: "Measure edge-purge against bare loops that do the least that could be done.",
        discussion: """
            Starts the edge-purge executable that lies beside this one, makes cache
            files in a temporary directory, and removes everything at the end. Ratios
            of one run can be compared, times of two machines cannot.
            """
    )

    @Option(help: "Files in the cache, a multiple of 10000.")
    var objects = 200_000

    @Option(name: .customLong("json"), help: ArgumentHelp("Write the rows to this file too.", valueName: "path"))
    var jsonPath: String?

    @Option(help: ArgumentHelp("Where the temporary directory is made.", valueName: "path"))
    var directory = FileManager.default.temporaryDirectory.path

    @Option(help: "Agents that acknowledge each second in the measurement of the collector.")
    var agents = 10_000

    @Option(help: "Seconds of 50 requests with 100 keys each in the measurement under load.")
    var loadSeconds = 60

    /// What can be measured.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case cache, confirmation, collector, load
    }

    @Option(name: .customLong("part"), help: "What to measure; may be given several times. By default all but load.")
    var parts: [Part] = []

    func validate() throws {
        guard (10_000...100_000_000).contains(objects), objects.isMultiple(of: 10_000) else {
            throw ValidationError("--objects is \(objects); allowed: a multiple of 10000 from 10000 to 100000000.")
        }
    }

    func run() async throws {
        let workspace = try Workspace(in: directory)
        defer { workspace.remove() }
        var report = Report(objects: objects)
        let parts = parts.isEmpty ? [.cache, .confirmation, .collector] : parts
        if parts.contains(.cache) {
            try await AgentBenchmark(workspace: workspace, objects: objects).run(into: &report)
        }
        if parts.contains(.confirmation) {
            try await ConfirmationBenchmark(workspace: workspace).run(into: &report)
        }
        if parts.contains(.collector) {
            try await CollectorBenchmark(workspace: workspace, agents: agents).run(into: &report)
        }
        if parts.contains(.load) {
            try await LoadBenchmark(workspace: workspace, seconds: loadSeconds).run(into: &report)
        }
        Progress.clear()
        FileHandle.standardOutput.write(Data(report.table.utf8))
        if let jsonPath { try report.json.write(to: URL(filePath: jsonPath), options: .atomic) }
    }
}
