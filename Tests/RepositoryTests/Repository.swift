import Foundation

/// The files of this repository.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What our code never says, and what to say instead.
    static let banned = [
        "fatalError(": "throw an error that says what to do",
        "try!": "handle the error",
        "Task.detached": "give the task an owner",
        "@preconcurrency": "say what makes it safe",
        "nonisolated(unsafe)": "use a Mutex",
    ]

    static func sources() throws -> [SourceFile] {
        try ["Sources", "Tests", "Benchmarks"].flatMap { try files(below: $0, suffix: ".swift") }.map(SourceFile.init)
    }

    static func documents() throws -> [Document] {
        let top = try FileManager.default.contentsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".md") }
        return try (top + files(below: "docs", suffix: ".md")).map(Document.init)
    }

    private static func files(below folder: String, suffix: String) throws -> [String] {
        let all = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
        return (all?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
            .sorted()
    }
}
