import Foundation
import TestSupport
import Testing

@testable import EdgeAgent

/// The access log as nginx, logrotate and strangers make it: what is read of it is what was written, or nothing.
@Suite struct AccessLogFuzzTests {
    /// A line, and what it tells.
    private struct Line {
        var bytes: [UInt8]
        var key: [UInt8]
        var logged: Int64
        var duration: Int64
        var headerTime: Int64?

        init(_ random: inout SeededGenerator) {
            logged = Int64(random.number(1_000_000_000_000...4_000_000_000_000))
            duration = Int64(random.number(0...100_000))
            // Whatever a key may hold; a newline is none of it.
            key = Array("http://a.example/\(random.next())".utf8)
            key += random.bytes(upTo: 40).filter { $0 != UInt8(ascii: "\n") }
            if random.once(in: 20) { key += Array(#"|\x7C\n","\"|0.001|MISS|http://a.example/1"#.utf8) }
            let origins = (0..<random.number(0...3)).map { _ in
                random.once(in: 4) ? nil : Int64(random.number(0...90_000))
            }
            headerTime = origins.last ?? nil
            var times = origins.map { $0.map(Self.seconds) ?? "-" }.joined(separator: random.pick([", ", " : "]))
            if origins.isEmpty { times = random.pick(["", "-"]) }
            isFetch = origins.contains { $0 != nil }
            let status = random.pick(["MISS", "EXPIRED", "REVALIDATED", "HIT", "-", ""])
            isStored = !["HIT", "-", ""].contains(status)
            bytes = Array("\(Self.seconds(logged))|\(Self.seconds(duration))|\(times)|\(status)|".utf8) + key
        }

        var isFetch: Bool
        var isStored: Bool

        private static func seconds(_ milliseconds: Int64) -> String {
            let rest = "\(milliseconds % 1000)"
            return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
        }
    }

    @Test func `a line that nginx wrote tells what it says`() {
        Fuzz.run(10_000) { random in
            let line = Line(&random)
            let read = FetchLine.read(line.bytes[...])
            guard line.isFetch else { return try Fuzz.check(read == .noFetch, "\(line) is \(read)") }
            let expected = FetchLine(
                logged: line.logged, requested: line.logged - line.duration, headerTime: line.headerTime,
                key: CacheKeyHash.of(line.key[...]), isStored: line.isStored)
            try Fuzz.check(read == .fetch(expected), "\(line) is \(read)")
        }
    }

    @Test func `any bytes are a fetch of the key they end with, or none`() {
        Fuzz.run(20_000) { random in
            var bytes = random.once(in: 3) ? random.bytes(upTo: 120) : Line(&random).bytes
            for _ in 0..<random.number(0...4) where !bytes.isEmpty {
                let position = random.number(0...bytes.count - 1)
                switch random.number(0...4) {
                case 0: bytes[position] = random.pick([0x7c, 0x2e, 0x2c, 0x3a, 0x2d, 0x20, 0x30, 0x39, 0x00, 0xff])
                case 1: bytes.removeSubrange(position...)
                case 2: bytes.removeSubrange(...position)
                case 3: bytes.insert(contentsOf: bytes[position...], at: random.number(0...position))
                default: bytes.insert(contentsOf: random.pick([Array("|".utf8), Array("\\x0A".utf8)]), at: position)
                }
            }
            guard case .fetch(let fetch) = FetchLine.read(bytes[...]) else { return }
            let fields = bytes.split(separator: UInt8(ascii: "|"), maxSplits: 4, omittingEmptySubsequences: false)
            try Fuzz.check(fields.count == 5 && !fields[4].isEmpty, "\(bytes)")
            try Fuzz.check(fetch.key == CacheKeyHash.of(Array(fields[4])[...]), "\(bytes)")
            try Fuzz.check(fetch.requested <= fetch.logged && fetch.headerTime ?? 0 >= 0, "\(bytes)")
            try Fuzz.check(fetch.logged >= 1_000_000_000_000, "the beginning is missing: \(bytes)")
        }
    }

    @Test func `whatever becomes of the log, each line that is read was written, and the next one is found`() throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        let directory = "\(parent)/edge-purge-fuzz-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        Fuzz.run(150) { random in
            var log = try Log(path: directory + "/edge-purge.log")
            defer { log.remove() }
            let tail = AccessLogTail(path: log.path)
            _ = tail.read { _ in }
            var written: Set<[UInt8]> = [[]]
            var read: [[UInt8]] = []
            for _ in 0..<random.number(1...40) {
                switch random.number(0...9) {
                case 0...3:
                    let line = Self.line(&random)
                    written.insert(line)
                    try log.append(line + [UInt8(ascii: "\n")])
                case 4:
                    // Seen before it is whole.
                    let line = Self.line(&random)
                    written.insert(line)
                    let cut = random.number(0...line.count)
                    try log.append(Array(line[..<cut]))
                    _ = tail.read { read.append(Array($0)) }
                    if random.once(in: 3) { try log.rotate() }
                    try log.append(line[cut...] + [UInt8(ascii: "\n")])
                case 5: try log.rotate()
                case 6: try log.reopen()
                case 7: try log.truncate()
                default: _ = tail.read { read.append(Array($0)) }
                }
            }
            try log.reopen()
            _ = tail.read { read.append(Array($0)) }
            let last = Line(&random).bytes
            try log.append(last + [UInt8(ascii: "\n")])
            try Fuzz.check(tail.read { read.append(Array($0)) }, tail.problem ?? "")
            try Fuzz.check(read.last == last, "the last line was not read")
            for line in read { try Fuzz.check(written.contains(line) || line == last, "\(line) was never written") }
        }
    }

    private static func line(_ random: inout SeededGenerator) -> [UInt8] {
        switch random.number(0...9) {
        case 0: random.bytes(upTo: 200).filter { $0 != UInt8(ascii: "\n") }
        case 1 where random.once(in: 4):
            // Some of them longer than any line may be, which are told as empty ones.
            repeated(Array("\(random.next())".utf8), count: random.number(1...3 * AccessLogTail.lineBytesMax))
        default: Line(&random).bytes
        }
    }

    private static func repeated(_ bytes: [UInt8], count: Int) -> [UInt8] {
        var line: [UInt8] = []
        while line.count < count { line += bytes }
        return line
    }

    /// A log with its writer, which keeps the file open that it began with.
    private struct Log {
        let path: String
        private var handle: FileHandle
        private var rotations = 0

        init(path: String) throws {
            self.path = path
            handle = try Self.open(path)
        }

        private static func open(_ path: String) throws -> FileHandle {
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(atPath: path, contents: nil)
            }
            guard let handle = FileHandle(forWritingAtPath: path) else {
                throw Fuzz.Failure(description: "cannot write \(path)")
            }
            return handle
        }

        func append(_ bytes: [UInt8]) throws {
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(bytes))
        }

        /// Renames it; the writer goes on with the old file until it is told to reopen.
        mutating func rotate() throws {
            guard FileManager.default.fileExists(atPath: path) else { return }
            rotations += 1
            try FileManager.default.moveItem(atPath: path, toPath: "\(path).\(rotations)")
        }

        mutating func reopen() throws {
            try handle.close()
            handle = try Self.open(path)
        }

        /// As `copytruncate` does.
        func truncate() throws { try handle.truncate(atOffset: 0) }

        func remove() {
            for name in [path] + (0...rotations).map({ "\(path).\($0)" }) {
                try? FileManager.default.removeItem(atPath: name)
            }
        }
    }
}
