import Foundation

/// A program that runs beside a test.
final class RunningProgram: Sendable {
    private let process: Process
    private let log: String

    /// Starts it; what it prints goes to `log`.
    init(_ path: String, _ arguments: [String], log: String) throws {
        self.log = log
        process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let output = FileHandle(forWritingAtPath: log)
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
    }

    var identifier: Int32 { process.processIdentifier }

    /// What it has printed, for messages of tests.
    var errors: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Kills it, and the processes that it has started.
    func stop() {
        let children = try? String(contentsOfFile: "/proc/\(identifier)/task/\(identifier)/children", encoding: .utf8)
        for child in children?.split(separator: " ").compactMap({ Int32($0) }) ?? [] { kill(child, SIGKILL) }
        kill(identifier, SIGKILL)
        process.waitUntilExit()
    }
}
