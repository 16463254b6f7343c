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
    }

    @Test func `links in the documents lead somewhere`() throws {
        for document in try Repository.documents() {
            let folder = document.url.deletingLastPathComponent()
            for link in document.links where !link.contains("://") && !link.hasPrefix("#") {
                let path = link.split(separator: "#").first.map(String.init) ?? link
                let target = folder.appendingPathComponent(path).path
                #expect(FileManager.default.fileExists(atPath: target), "\(document.path) links to \(link)")
            }
        }
    }

    @Test func `the agent's unit does not forbid what keeps file operations inside the caches`() throws {
        let unit = Repository.root.appendingPathComponent("deploy/systemd/edge-purge-agent.service")
        let lines = try String(contentsOf: unit, encoding: .utf8).split(separator: "\n")
        // systemd.exec(5): with it openat2(2) is not there, and the agent does not start.
        #expect(!lines.contains { $0.hasPrefix("RestrictSUIDSGID=") })
    }

    @Test func `every command of the Makefile is explained`() throws {
        let makefile = try String(contentsOf: Repository.root.appendingPathComponent("Makefile"), encoding: .utf8)
        for target in ["systemd", "setup", "build", "demo", "test", "check", "fmt", "bench"] {
            #expect(makefile.contains("\n\(target):"), "make \(target) is missing")
        }
    }
}
