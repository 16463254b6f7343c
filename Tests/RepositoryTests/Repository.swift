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
        "internal import ": "say import: that is what it means",
    ]

    /// Of two words that mean the same, the one that nothing of ours says, and the one to write.
    static let words = ["can't": "cannot"]

    /// Folders that are not ours: what was built, and the history.
    private static let foreign: Set<String> = [
        ".build", ".git", ".hypothesis", ".idea", ".schemathesis", ".swiftpm", ".vscode", "__pycache__",
    ]

    /// How the names of files end that hold text; what has no dot in its name is a script or a Makefile.
    private static let textSuffixes: Set<String> = [
        "", "conf", "css", "h", "html", "js", "json", "md", "modulemap", "py", "service", "sh", "svg", "swift", "toml",
        "txt", "yaml", "yml",
    ]

    static func sources() throws -> [SourceFile] {
        try ["Sources", "Tests", "Benchmarks"].flatMap { try files(below: $0, suffix: ".swift") }.map(SourceFile.init)
    }

    /// The text of each Swift file of a module, by its path within the module.
    static func sources(of module: String) throws -> [String: String] {
        let folder = "Sources/\(module)/"
        return try files(below: "Sources/\(module)", suffix: ".swift").reduce(into: [:]) { sources, path in
            let url = root.appendingPathComponent(path)
            sources[String(path.dropFirst(folder.count))] = try String(contentsOf: url, encoding: .utf8)
        }
    }

    static func documents() throws -> [Document] {
        let top = try FileManager.default.contentsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".md") }
        return try (top + files(below: "docs", suffix: ".md")).map(Document.init)
    }

    /// Everything that people read: sources, documents, settings, scripts.
    static func textFiles() throws -> [TextFile] {
        var paths: [String] = []
        let all = FileManager.default.enumerator(atPath: root.path)
        while let path = all?.nextObject() as? String {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            if foreign.contains(name) {
                all?.skipDescendants()
            } else if textSuffixes.contains((name as NSString).pathExtension), name != "LICENSE" {
                paths.append(path)
            }
        }
        return try paths.sorted().filter(isFile).map(TextFile.init)
    }

    private static func isFile(_ path: String) throws -> Bool {
        try root.appendingPathComponent(path).resourceValues(forKeys: [.isRegularFileKey]).isRegularFile ?? false
    }

    private static func files(below folder: String, suffix: String) throws -> [String] {
        let all = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
        return (all?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
            .sorted()
    }
}
