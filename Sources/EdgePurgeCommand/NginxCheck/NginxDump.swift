import FoundationEssentials

/// What `nginx -T` prints: every file of a configuration behind a line with its name.
///
/// nginx prints the files as they are, so that each `include` still stands where it stood; here what it includes is put
/// in its place.
struct NginxDump {
    /// The whole configuration, outermost directives first.
    let directives: [NginxDirective]
    /// The `include` directives whose file is not in the dump.
    let missing: [NginxDirective]
    /// The files as they are, the main one first.
    let files: [File]

    /// One of them.
    struct File: Sendable, Hashable {
        var name: String
        var text: String
    }

    private static let heading = "# configuration file "
    /// More than any machine has, for files that include others many times over, and those again.
    private static let directivesMax = 2_000_000

    /// Reads a dump; a text without the names of files counts as one file.
    ///
    /// - Parameters:
    ///   - name: what a text without names is called.
    ///   - disk: what is in a file now; where the dump has just that, it is the whole file, however its lines look.
    init(_ text: String, name: String, disk: (String) -> String? = { _ in nil }) {
        self.init(files: Self.files(text, name: name, disk))
    }

    /// The files of this machine, as text.
    static func onDisk(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Reads files, the main one first.
    init(files: [File]) {
        self.files = files
        let folder = Self.folder(of: files.first?.name ?? "")
        var expansion = Expansion(folder: folder)
        for file in files { expansion.files[file.name] = NginxParser.parse(file.text, file: file.name) }
        directives = expansion.expanded(expansion.files[files.first?.name ?? ""] ?? [])
        missing = expansion.missing
    }

    private static func files(_ text: String, name: String, _ disk: (String) -> String?) -> [File] {
        var files: [File] = []
        let all = text.split(separator: "\n", omittingEmptySubsequences: false)
        // Messages of nginx come before the first file, where somebody has sent both into one.
        var lines: [Substring] = []
        var isWhole = true
        func end() {
            if !isWhole { files[files.count - 1].text = lines.joined(separator: "\n") }
        }
        var position = 0
        while position < all.count {
            let line = all[position]
            position += 1
            guard isHeading(line) else {
                lines.append(line)
                continue
            }
            end()
            lines = []
            var file = File(name: String(line.dropFirst(heading.count).dropLast()), text: "")
            let known = disk(file.name)
            let expected = known?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
            // Another machine's file may begin as this one's.
            isWhole =
                known != nil && all[position...].starts(with: expected)
                && all[(position + expected.count)...].first { !$0.isEmpty }.map(isHeading) ?? true
            if let known, isWhole {
                file.text = known
                position += expected.count
            }
            files.append(file)
        }
        end()
        return files.isEmpty ? [File(name: name, text: text)] : files
    }

    private static func isHeading(_ line: Substring) -> Bool { line.hasPrefix(heading) && line.hasSuffix(":") }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// Puts files in the place of what includes them.
    private struct Expansion {
        /// nginx takes relative names from where its main file is.
        let folder: String
        var files: [String: [NginxDirective]] = [:]
        var missing: [NginxDirective] = []
        /// The files that are being put in place now, from the outermost.
        private var open: [String] = []
        private var count = 0

        init(folder: String) { self.folder = folder }

        mutating func expanded(_ directives: [NginxDirective]) -> [NginxDirective] {
            var result: [NginxDirective] = []
            for directive in directives where count < NginxDump.directivesMax {
                count += 1
                if directive.name == "include", directive.block.isEmpty, let pattern = directive.arguments.first {
                    result += included(pattern, by: directive)
                } else {
                    var directive = directive
                    directive.block = expanded(directive.block)
                    result.append(directive)
                }
            }
            return result
        }

        private mutating func included(_ pattern: String, by directive: NginxDirective) -> [NginxDirective] {
            let path = pattern.hasPrefix("/") ? pattern : folder + pattern
            let isPattern = path.contains { "*?[".contains($0) }
            let names = isPattern ? files.keys.filter { NginxGlob.matches($0, path) }.sorted() : [path]
            var result: [NginxDirective] = []
            // nginx does not start with files that include each other in a ring.
            for name in names where !open.contains(name) {
                guard let file = files[name] else {
                    missing.append(directive)
                    continue
                }
                open.append(name)
                result += expanded(file)
                open.removeLast()
            }
            return result
        }
    }
}
