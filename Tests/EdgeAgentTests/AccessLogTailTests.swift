import Foundation
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct AccessLogTailTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/access.log" }

    init() throws { directory = try TemporaryDirectory() }

    private func append(_ text: String, to path: String? = nil) throws {
        let path = path ?? self.path
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    private func lines(_ tail: AccessLogTail) -> [String] {
        var lines: [String] = []
        _ = tail.read { lines.append(String(decoding: $0, as: UTF8.self)) }
        return lines
    }

    @Test func `lines are read once, when they are whole`() throws {
        try append("old\n")
        let tail = AccessLogTail(path: path)
        #expect(lines(tail) == ["old"])
        try append("a\nb")
        #expect(lines(tail) == ["a"])
        #expect(lines(tail) == [])
        try append("c\n\nd\n")
        #expect(lines(tail) == ["bc", "", "d"])
        #expect(tail.problem == nil)
    }

    @Test func `a log that comes later is read from its beginning`() throws {
        let tail = AccessLogTail(path: path)
        #expect(tail.read { _ in } == false)
        #expect(tail.problem?.contains(path) == true)
        try append("a\n")
        #expect(lines(tail) == ["a"])
        #expect(tail.problem == nil)
    }

    @Test func `a directory that comes later is found too`() throws {
        let tail = AccessLogTail(path: directory.path + "/nginx/access.log")
        #expect(lines(tail) == [])
        #expect(tail.problem != nil)
        try FileManager.default.createDirectory(atPath: directory.path + "/nginx", withIntermediateDirectories: false)
        try append("a\n", to: directory.path + "/nginx/access.log")
        #expect(lines(tail) == ["a"])
    }

    @Test func `rotation loses no line`() throws {
        var random = SeededGenerator()
        let tail = AccessLogTail(path: path)
        var written: [String] = []
        var found: [String] = []
        try append("")
        for round in 0..<300 {
            for number in 0..<random.number(0...3) {
                written.append("\(round)-\(number)")
                try append("\(round)-\(number)\n")
            }
            if random.once(in: 4) {
                // As logrotate: renamed, written to a little longer by its old name, then made anew.
                let old = path + ".\(round)"
                try FileManager.default.moveItem(atPath: path, toPath: old)
                if random.once(in: 2) { found += lines(tail) }
                written.append("\(round)-late")
                try append("\(round)-late\n", to: old)
                written.append("\(round)-new")
                try append("\(round)-new\n")
            }
            if random.once(in: 2) { found += lines(tail) }
        }
        found += lines(tail)
        // A log that is rotated twice between two looks is passed over.
        let missing = Set(written).subtracting(found)
        #expect(found == written.filter { !missing.contains($0) }, "seed \(random.seed)")
        #expect(missing.count < written.count / 2, "seed \(random.seed)")
    }

    @Test func `a truncated log is read from its beginning`() throws {
        let tail = AccessLogTail(path: path)
        try append("first line, long\n")
        #expect(lines(tail).count == 1)
        try Data("new\n".utf8).write(to: URL(fileURLWithPath: path), options: [])
        #expect(lines(tail) == ["new"])
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 0)
        try file.close()
        #expect(lines(tail) == [])
        try append("a\n")
        #expect(lines(tail) == ["a"])
    }

    @Test func `a log that was truncated and is longer again than it was is read from its beginning`() throws {
        let tail = AccessLogTail(path: path)
        try append("1795240301.275|a\n179524")
        #expect(lines(tail) == ["1795240301.275|a"])
        try Data("1795240302.111|b\n1795240302.112|c\n".utf8).write(to: URL(fileURLWithPath: path), options: [])
        #expect(lines(tail) == ["1795240302.111|b", "1795240302.112|c"])
    }

    @Test func `a line that is too long is told as an empty one, and the next is read`() throws {
        let tail = AccessLogTail(path: path)
        try append("a\n")
        _ = lines(tail)
        try append(String(repeating: "x", count: 3 * AccessLogTail.lineBytesMax) + "\nb\n")
        #expect(lines(tail) == ["", "b"])
    }

    @Test func `a file with a line of another format is not believed, whatever follows`() throws {
        let tail = AccessLogTail(path: path, lineStart: Array("2|".utf8))
        try append("2|a\n")
        #expect(lines(tail) == ["2|a"])
        #expect(!tail.isForeign)
        try append("179|b\n2|a line of the visitor\n|c\n")
        #expect(lines(tail) == [] && tail.isForeign)
        #expect(tail.read { _ in } == false)
        try append("2|d\n")
        #expect(lines(tail) == [] && tail.isForeign)
        // Nor by an agent that starts again.
        let other = AccessLogTail(path: path, lineStart: Array("2|".utf8))
        #expect(other.read { _ in } == false)
        #expect(other.isForeign)
        // Moved aside.
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        try append("2|e\n")
        #expect(lines(tail) == ["2|e"] && lines(other) == ["2|e"])
        #expect(!tail.isForeign)
        // Or emptied.
        try append("x\n")
        #expect(lines(tail) == [] && tail.isForeign)
        try Data("2|f\n".utf8).write(to: URL(fileURLWithPath: path), options: [])
        #expect(lines(tail) == ["2|f"])
    }

    @Test func `the first line of a file counts where only its end is read`() throws {
        let line = "2|3456789abcde\n"
        try append("179|a\n" + String(repeating: line, count: 100_000))
        let tail = AccessLogTail(path: path, lineStart: Array("2|".utf8))
        #expect(tail.read { _ in } == false)
        #expect(tail.isForeign)
        try Data(String(repeating: line, count: 100_000).utf8).write(to: URL(fileURLWithPath: path), options: [])
        #expect((60_000..<80_000).contains(lines(tail).count))
    }

    @Test func `a line of another format counts when it is too long, too`() throws {
        let tail = AccessLogTail(path: path, lineStart: Array("2|".utf8))
        try append("2|a\n2")
        #expect(lines(tail) == ["2|a"])
        try append("|" + String(repeating: "x", count: 2 * AccessLogTail.lineBytesMax) + "\n2|b\n")
        #expect(lines(tail) == ["", "2|b"])
        try append("179|" + String(repeating: "x", count: 2 * AccessLogTail.lineBytesMax) + "\n2|c\n")
        #expect(lines(tail) == [] && tail.isForeign)
    }

    @Test func `of a long backlog only the end is read`() throws {
        try append(String(repeating: "0123456789abcde\n", count: 100_000))
        let tail = AccessLogTail(path: path)
        let first = lines(tail)
        #expect((60_000..<66_000).contains(first.count))
        #expect(first.allSatisfy { $0 == "0123456789abcde" })
        try append(String(repeating: "0123456789abcde\n", count: 100_000) + "end\n")
        let second = lines(tail)
        #expect(second.count < 66_000)
        #expect(second.last == "end")
        #expect(second.dropLast().allSatisfy { $0 == "0123456789abcde" })
    }

    @Test func `what is no file is a problem, not a trap`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let tail = AccessLogTail(path: path)
        #expect(tail.read { _ in } == false)
        #expect(tail.problem != nil)
        #expect(AccessLogTail(path: "").read { _ in } == false)
        #expect(AccessLogTail(path: "/").read { _ in } == false)
    }
}
