import Foundation
import Subprocess
import SystemPackage

/// A fenced example of the README.
struct ReadmeExample: Sendable {
    /// What stands behind the fence: `sh`, `python`.
    let language: String
    /// The lines, without the indentation of the list that they stand in.
    let text: String

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let programs = root.appending(path: ".build/venv/bin").path

    /// Whether Python and what its examples import are there.
    static let canRun = FileManager.default.isExecutableFile(atPath: programs + "/python3")

    /// Every fenced example.
    static func all() throws -> [ReadmeExample] {
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        var examples: [ReadmeExample] = []
        var open: (language: String, indent: Int, lines: [Substring])?
        for line in readme.split(separator: "\n", omittingEmptySubsequences: false) {
            let content = line.drop { $0 == " " }
            if content.hasPrefix("```") {
                if let example = open {
                    examples.append(
                        ReadmeExample(language: example.language, text: example.lines.joined(separator: "\n")))
                    open = nil
                } else {
                    open = (String(content.dropFirst(3)), line.count - content.count, [])
                }
            } else if let indent = open?.indent {
                open?.lines.append(line.dropFirst(indent))
            }
        }
        return examples
    }

    /// The lines that set variables for the examples after them.
    var exports: [Substring] { text.split(separator: "\n").filter { $0.hasPrefix("export ") } }

    /// Runs it as a reader would, after the lines `exports`, with other texts for some that stand in it.
    func run(
        exports: [Substring], replacing replacements: [(String, String)], in folder: String
    ) async throws -> Program.Outcome {
        var script = text
        var preamble = exports.joined(separator: "\n")
        for (old, new) in replacements {
            script = script.replacing(old, with: new)
            preamble = preamble.replacing(old, with: new)
        }
        if language == "python" {
            try Data(script.utf8).write(to: URL(filePath: folder + "/example.py"))
            script = "exec python3 '\(folder)/example.py'"
        }
        let own = URL(filePath: Program.path).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let result = try await Subprocess.run(
            .path("/bin/bash"), arguments: ["-euo", "pipefail", "-c", preamble + "\n" + script],
            environment: Program.environment(with: ["PATH": "\(Self.programs):\(own):\(path)"]),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): -signal
            }
        return Program.Outcome(status: status, output: result.standardOutput, errors: result.standardError)
    }
}
