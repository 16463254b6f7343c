import Foundation
import Testing

/// One Swift file.
struct SourceFile: Sendable, CustomTestStringConvertible {
    let path: String
    let lines: [Substring]

    init(path: String) throws {
        self.path = path
        lines = try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    var testDescription: String { path }

    /// Tests may be longer than what they test.
    var linesMax: Int { path.hasPrefix("Tests/") ? 700 : 400 }

    /// The list of what is banned is the one place that may say it.
    func forbids(_ banned: String) -> Bool { !path.hasSuffix("RepositoryTests/Repository.swift") }
}
