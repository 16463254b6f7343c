import Foundation
import Testing

/// Rules that the compiler and the formatter don't know.
@Suite struct RepositoryTests {
    @Test(arguments: try Repository.sources())
    func `a source file keeps to the rules`(file: SourceFile) {
        #expect(file.lines.count <= file.linesMax, "split it: one type a file, 60 to 300 lines")
        for (number, line) in file.lines.enumerated() {
            for (banned, instead) in Repository.banned where file.forbids(banned) && line.contains(banned) {
                Issue.record("\(file.path):\(number + 1) has '\(banned)': \(instead)")
            }
        }
        let code = SwiftCode(file.text)
        let fault = file.fault(in: SwiftNames(code))
        #expect(fault == nil, "\(file.path) \(fault ?? "")")
        #expect(file.unsafeLines(in: code) == [], "\(file.path) has `unsafe`: only wrappers have")
    }

    @Test func `no line is wider than 120 columns`() throws {
        let files = try Repository.textFiles()
        #expect(files.count > 500)
        for file in files where !file.wideLines.isEmpty {
            let lines = file.wideLines.map(String.init).joined(separator: ", ")
            Issue.record("\(file.path) is wider than 120 columns in lines \(lines)")
        }
    }

    @Test func `the same word stands for the same thing`() throws {
        for file in try Repository.textFiles() where !file.path.hasPrefix("Tests/RepositoryTests/") {
            for (number, line) in file.lines.enumerated() {
                for (word, instead) in Repository.words where line.contains(word) {
                    Issue.record("\(file.path):\(number + 1) has '\(word)': write '\(instead)'")
                }
            }
        }
    }

    @Test func `links in the documents lead somewhere`() throws {
        let documents = try Repository.documents()
        let anchors = Dictionary(uniqueKeysWithValues: documents.map { ($0.url.standardizedFileURL.path, $0.anchors) })
        for document in documents {
            let folder = document.url.deletingLastPathComponent()
            for link in document.links where !link.contains("://") {
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let url = parts[0].isEmpty ? document.url : folder.appendingPathComponent(parts[0])
                let target = url.standardizedFileURL.path
                #expect(FileManager.default.fileExists(atPath: target), "\(document.path) links to \(link)")
                guard parts.count == 2, let known = anchors[target] else { continue }
                #expect(known.contains(parts[1]), "\(document.path) links to \(link): no such heading")
            }
        }
    }

    @Test func `documents that are named anywhere are there`() throws {
        for file in try Repository.textFiles() {
            for name in file.namedDocuments {
                let path = Repository.root.appendingPathComponent(name).path
                #expect(FileManager.default.fileExists(atPath: path), "\(file.path) names \(name)")
            }
        }
    }

    @Test func `files that the life of one purge names are there`() throws {
        let text = try Document(path: "docs/architecture.md").text
        let names = text.matches(of: /`((?:EdgeAgent|ControlPlane|PurgeModel)\/[\w\/+]+\.swift)`/).map { String($0.1) }
        #expect(names.count > 20)
        for name in names {
            let path = Repository.root.appendingPathComponent("Sources/" + name).path
            #expect(FileManager.default.fileExists(atPath: path), "docs/architecture.md names \(name)")
        }
    }

    @Test func `decisions are numbered without gaps, and each is in the list`() throws {
        let folder = Repository.root.appendingPathComponent("docs/decisions").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != "README.md" }.sorted()
        let list = try Document(path: "docs/decisions/README.md")
        let listed = list.text.replacing("\n  ", with: " ")
        #expect(files.count >= 20)
        for (index, file) in files.enumerated() {
            let zeros = String(repeating: "0", count: 4 - String(index + 1).count)
            let number = zeros + String(index + 1)
            #expect(file.hasPrefix(number + "-"), "\(file) should be number \(number)")
            let title = try #require(Document(path: "docs/decisions/\(file)").text.split(separator: "\n").first)
            #expect(title.hasPrefix("# \(number): "))
            #expect(listed.contains("- [\(number)](\(file)): \(title.dropFirst(8))\n"), "\(file) is not in the list")
        }
        #expect(list.links.count == files.count)
    }

    @Test func `the agent's unit does not forbid what keeps file operations inside the caches`() throws {
        let unit = Repository.root.appendingPathComponent("deploy/systemd/edge-purge-agent.service")
        let lines = try String(contentsOf: unit, encoding: .utf8).split(separator: "\n")
        // systemd.exec(5): with it openat2(2) is not there, and the agent does not start.
        #expect(!lines.contains { $0.hasPrefix("RestrictSUIDSGID=") })
    }

    @Test func `every suite that the guarantees name is there, and every fault has a test named after it`() throws {
        let document = try Document(path: "docs/guarantees.md")
        let tests = try Repository.sources().filter { $0.path.hasPrefix("Tests/") }
        let lines = tests.flatMap(\.lines)
        let targets = Set(tests.compactMap { $0.path.split(separator: "/").dropFirst().first.map(String.init) })
        let suites = Set(lines.compactMap { $0.firstMatch(of: /struct (\w+)/).map { String($0.1) } })
        for match in document.text.matches(of: /`(?:\w+\.)?(\w+Tests)`/) {
            let name = String(match.1)
            #expect(suites.contains(name) || targets.contains(name), "there is no \(name)")
        }
        let names = lines.compactMap { $0.firstMatch(of: /func `(.+?)`/).map { String($0.1) } }
        let table = try #require(document.text.components(separatedBy: "## How each fault is tried").last)
        let rows = table.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2)
        #expect(rows.count >= 12)
        for row in rows {
            let cell = row.dropFirst().prefix { $0 != "|" }.filter { $0 != "`" }
            for fault in cell.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) }) {
                #expect(names.contains { $0.contains(fault) }, "no test is named after '\(fault)'")
            }
        }
    }

    /// A key that differs finds nothing, or finds the pages and leaves the slices.
    @Test func `the examples of the agent and of nginx have the same cache key`() throws {
        func lines(_ path: String) throws -> [Substring] {
            try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8).split(separator: "\n")
        }
        let nginx = try lines("deploy/nginx/edge-purge.conf")
        let found = nginx.compactMap { $0.firstMatch(of: /^proxy_cache_key (.+);$/)?.1 }
        let key = try #require(found.first)
        #expect(nginx.contains("    default \(key);"), "the access log has another key")
        let agent = try lines("config/agent.yaml") + lines("README.md")
        let keys = agent.compactMap { $0.firstMatch(of: /^ *(?:- )?cache_key: (.+)$/)?.1 }
        #expect(keys == [key, key])
        let settings = try lines("Sources/EdgePurgeCommand/Configuration/CacheSettings.swift")
        #expect(settings.contains { $0.contains("example: \"\(key)\"") }, "the message has another key")
    }

    @Test func `every command of the Makefile is explained`() throws {
        let makefile = try String(contentsOf: Repository.root.appendingPathComponent("Makefile"), encoding: .utf8)
        for target in ["systemd", "setup", "build", "demo", "test", "check", "fmt", "bench"] {
            #expect(makefile.contains("\n\(target):"), "make \(target) is missing")
        }
    }
}
