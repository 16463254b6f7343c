import Foundation

/// One file that people read.
struct TextFile {
    let path: String
    let lines: [Substring]

    private static let widthMax = 120

    init(path: String) throws {
        self.path = path
        lines = try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The numbers of the lines with more than 120 columns.
    ///
    /// Not counted are files that a program writes or compares byte for byte (Grafana's export, golden files, cache
    /// files of nginx), pictures, and a line of JSON that is one long string, which cannot be broken.
    var wideLines: [Int] {
        if path.contains("/Resources/") || path.hasPrefix("deploy/grafana/") || path.hasSuffix(".svg") { return [] }
        return lines.indices.filter { index in
            let line = lines[index]
            guard line.utf8.count > Self.widthMax, line.count > Self.widthMax else { return false }
            return !(path.hasSuffix(".json") && line.wholeMatch(of: /\s*("[^"]*": )?"([^"\\]|\\.)*",?/) != nil)
        }.map { $0 + 1 }
    }

    /// The documents that it names, such as `docs/architecture.md`.
    var namedDocuments: Set<String> {
        lines.filter { $0.contains("docs/") }.reduce(into: []) { names, line in
            names.formUnion(line.matches(of: /\bdocs\/[\w\/-]+\.(?:md|yaml|json|png)/).map { String($0.output) })
        }
    }
}
