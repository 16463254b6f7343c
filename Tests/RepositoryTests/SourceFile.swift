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

    /// Whether the file may not say it: the three wrappers may hold constants of C, and the list of what is banned has to say it all.
    func forbids(_ banned: String) -> Bool {
        if path.hasPrefix("Tests/RepositoryTests/") { return false }
        let isWrapper = ["RocksDB", "Kafka", "LinuxFiles"].contains { path.hasPrefix("Sources/\($0)/") }
        return !(isWrapper && banned == "nonisolated(unsafe)")
    }
}
