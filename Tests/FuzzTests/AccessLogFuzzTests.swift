import Foundation
import TestSupport
import Testing

@testable import EdgeAgent

/// The access log as nginx, logrotate and strangers make it: what is read of it is what was written, or nothing.
@Suite(.offPool) struct AccessLogFuzzTests {
    /// A line, and what it tells.
    private struct Line {
        var bytes: [UInt8]
        var names: FetchNames
        var logged: Int64
        var duration: Int64
        var headerTime: Int64?
        var isFetch: Bool
        var isStored: Bool

        init(_ random: inout SeededGenerator) {
            logged = Int64(random.number(1_000_000_000_000...4_000_000_000_000))
            duration = Int64(random.number(0...100_000))
            // Whatever a visitor may send: in a body, or decoded, any byte.
            names = FetchNames(
                host: Self.odd("a.example", &random), requestURI: Self.odd("/\(random.next())", &random),
                key: Self.odd("http://a.example/\(random.next())", &random))
            let origins = (0..<random.number(0...3)).map { _ in
                random.once(in: 4) ? nil : Int64(random.number(0...90_000))
            }
            headerTime = origins.last ?? nil
            var times = origins.map { $0.map(Self.seconds) ?? "-" }.joined(separator: random.pick([", ", " : "]))
            if origins.isEmpty { times = random.pick(["", "-"]) }
            isFetch = origins.contains { $0 != nil }
            let status = random.pick(["MISS", "EXPIRED", "REVALIDATED", "HIT", "-", ""])
            isStored = !["HIT", "-", ""].contains(status)
            bytes = Array("2|\(Self.seconds(logged))|\(Self.seconds(duration))|\(times)|\(status)".utf8)
            for field in [names.host, names.requestURI, names.key] {
                bytes += Array("|\"".utf8) + AccessLogFuzzTests.escaped(field) + [UInt8(ascii: "\"")]
            }
        }

        private static func odd(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
            switch random.number(0...9) {
            case 0: []
            case 1: random.bytes(upTo: 60)
            case 2: Array(text.utf8) + Array("\"\n2|1795240301.275|0.000|0.001|MISS|\"a\"|\"/\"|\"\(text)".utf8)
            case 3: Array(text.utf8) + Array(#"|\x7C\n","\"|0.001|MISS|http://a.example/1"#.utf8)
            default: Array(text.utf8)
            }
        }

        private static func seconds(_ milliseconds: Int64) -> String {
            let rest = "\(milliseconds % 1000)"
            return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
        }
    }

    /// As ngx_http_log_escape does it.
    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte in
            guard byte < 0x20 || byte > 0x7E || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                return [byte]
            }
            let digits = String(byte, radix: 16, uppercase: true)
            return Array("\\x".utf8) + Array((digits.count < 2 ? "0" + digits : digits).utf8)
        }
    }

    @Test func `a line that nginx wrote tells what it says`() {
        Fuzz.run(10_000) { random in
            let line = Line(&random)
            let read = FetchLine.read(line.bytes[...], keepsNames: true)
            guard line.isFetch else { return try Fuzz.check(read == .noFetch(line.names), "\(line) is \(read)") }
            let expected = FetchLine(
                logged: line.logged, requested: line.logged - line.duration, headerTime: line.headerTime,
                key: CacheKeyHash.of(line.names.key[...]), isStored: line.isStored, names: line.names)
            try Fuzz.check(read == .fetch(expected), "\(line) is \(read)")
        }
    }

    @Test func `any bytes are a fetch of the names between their quotes, or none`() {
        Fuzz.run(20_000) { random in
            var bytes = random.once(in: 3) ? random.bytes(upTo: 120) : Line(&random).bytes
            for _ in 0..<random.number(0...4) where !bytes.isEmpty {
                let position = random.number(0...bytes.count - 1)
                switch random.number(0...4) {
                case 0: bytes[position] = random.pick([0x7c, 0x2e, 0x2c, 0x22, 0x5c, 0x20, 0x30, 0x39, 0x00, 0xff])
                case 1: bytes.removeSubrange(position...)
                case 2: bytes.removeSubrange(...position)
                case 3: bytes.insert(contentsOf: bytes[position...], at: random.number(0...position))
                default:
                    let inserted = random.pick([#"|"#, #"\x0A"#, #"\x4"#, #"\""#, #"""#, #""|""#])
                    bytes.insert(contentsOf: Array(inserted.utf8), at: position)
                }
            }
            guard case .fetch(let fetch) = FetchLine.read(bytes[...], keepsNames: true) else { return }
            try Fuzz.check(bytes.allSatisfy { (0x20...0x7E).contains($0) }, "\(bytes)")
            let parts = bytes.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
            try Fuzz.check(parts.count == 7 && parts[6].isEmpty, "\(bytes)")
            let fields = parts[0].split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
            try Fuzz.check(fields.count == 6 && fields[0].elementsEqual("2".utf8) && fields[5].isEmpty, "\(bytes)")
            guard let names = fetch.names else { throw Fuzz.Failure(description: "no names: \(bytes)") }
            for (part, name) in [(1, names.host), (3, names.requestURI), (5, names.key)] {
                let isNone = part == 3 && name.isEmpty
                try Fuzz.check(Self.unescaped(parts[part]) == name || isNone, "\(bytes)")
            }
            try Fuzz.check(fetch.key == CacheKeyHash.of(names.key[...]), "\(bytes)")
            try Fuzz.check(fetch.requested <= fetch.logged && fetch.headerTime ?? 0 >= 0, "\(bytes)")
            try Fuzz.check(fetch.logged >= 1_000_000_000_000, "the beginning is missing: \(bytes)")
        }
    }

    /// Written in another way than the reader under test; nil: no escape.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8]? {
        var text = Array(field)[...]
        var bytes: [UInt8] = []
        while let byte = text.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard text.popFirst() == UInt8(ascii: "x"), text.count >= 2,
                let value = UInt8(String(decoding: text.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            text = text.dropFirst(2)
        }
        return bytes
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
