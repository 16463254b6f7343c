import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct FetchLineTests {
    private func read(_ text: String) -> FetchLine.Reading { FetchLine.read(Array(text.utf8)[...]) }

    /// The rest of a line behind the status.
    private static let names = #"|"a.test"|"/x?y|z"|"http://a.test/x?y|z""#

    private let key = CacheKeyHash.of(Array("http://a.test/x?y|z".utf8)[...])

    @Test(arguments: [
        ("0.250", Int64(250)), ("0.001, 0.020", 20), ("0.001 : 0.030", 30), ("-, 0.007", 7), ("1.000, -", nil),
    ])
    func `a fetch is read, whatever origins were asked before the last`(_ times: String, _ header: Int64?) {
        let line = read("2|1795240301.275|2.502|\(times)|MISS" + Self.names)
        let expected = FetchLine(
            logged: 1_795_240_301_275, requested: 1_795_240_298_773, headerTime: header, key: key)
        #expect(line == .fetch(expected))
    }

    @Test(arguments: [
        ("MISS", true), ("EXPIRED", true), ("REVALIDATED", true), ("BYPASS", false), ("HIT", false), ("-", false),
        ("", false),
    ])
    func `what passed the cache by says nothing about what is in it`(_ status: String, _ isStored: Bool) throws {
        guard case .fetch(let line) = read("2|1795240301.275|2.502|0.250|\(status)" + Self.names) else {
            Issue.record("no fetch")
            return
        }
        #expect(line.isStored == isStored)
    }

    @Test func `an answer from the cache is no fetch`() {
        #expect(read("2|1795240301.275|0.000||HIT" + Self.names) == .noFetch(nil))
        #expect(read("2|1795240301.275|0.000|-|HIT" + Self.names) == .noFetch(nil))
        #expect(read("2|1795240301.275|0.000|-, -|-" + Self.names) == .noFetch(nil))
    }

    @Test func `what nginx escaped is the byte again`() throws {
        let line = #"2|1795240301.275|2.502|0.250|MISS|"a\x22b|c"|"/\x5C?\xFF|d"|"\x0A\x00\x7F\x5Cx41|""#
        guard case .fetch(let fetch) = FetchLine.read(Array(line.utf8)[...], keepsNames: true) else {
            Issue.record("no fetch")
            return
        }
        let key = Array("\n\u{0}\u{7F}\\x41|".utf8)
        #expect(fetch.key == CacheKeyHash.of(key[...]))
        let target = Array(#"/\?"#.utf8) + [0xFF] + Array("|d".utf8)
        #expect(fetch.names == FetchNames(host: Array(#"a"b|c"#.utf8), requestURI: target, key: key))
        #expect(read(line) != .fetch(fetch), "nobody asked for the names")
    }

    /// As nginx 1.22 wrote them: `Host: -`, a request of HTTP/1.0 without a host, and one that was no request.
    @Test(arguments: [(#""-"|"/""#, "-", "/"), (#"""|"/""#, "", "/"), (#"""|"-""#, "", "")])
    func `a dash is a host of that name, and no target`(_ fields: String, _ host: String, _ target: String) {
        let line = Array("2|1795240301.275|0.000|-|-|\(fields)|\"\"".utf8)
        let names = FetchNames(host: Array(host.utf8), requestURI: Array(target.utf8), key: [])
        #expect(FetchLine.read(line[...], keepsNames: true) == .noFetch(names))
    }

    @Test(arguments: [
        "", "|", "||||", "2", "2|", "2||||||||", #"1795240301.275|2.502|0.250|MISS|"h"|"/"|"k""#,
        #"1|1795240301.275|2.502|0.250|MISS|"h"|"/"|"k""#, #"22|1795240301.275|2.502|0.250|MISS|"h"|"/"|"k""#,
        #"2|x|2.502|0.250|MISS|"h"|"/"|"k""#, #"2|1795240301|2.502|0.250|MISS|"h"|"/"|"k""#,
        #"2|1795240301.27|2.502|0.250|MISS|"h"|"/"|"k""#, #"2|1795240301.275|-2.502|0.250|MISS|"h"|"/"|"k""#,
        #"2|795240301.275|2.502|0.250|MISS|"h"|"/"|"k""#, #"2|1795240301.275|2.502|0.250;0.1|MISS|"h"|"/"|"k""#,
        #"2|1795240301.275|2.502|0.250|""|"h"|"/"|"k""#, #"2|1795240301.275|2.502|0.250|MISS |"h"|"/"|"k""#,
        #"2|99999999999999999.275|2.502|0.2|M|"h"|"/"|"k""#,
        "127.0.0.1 - - [21/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 612 \"-\" \"curl|7|8|9|10\"",
    ])
    func `other lines are malformed`(_ line: String) { #expect(read(line) == .malformed) }

    @Test(arguments: [
        // Fields that are missing, or too many, or without a quote.
        #""h"|"/""#, #""h"|"/"|"k"|"#, #""h"|"/"|"k"|"x""#, #""h"|"/"|k"#, #"h|"/"|"k""#, #""h"|"/"|"k"#, #""h"|"/"|""#,
        #""h"|"/"|"k"x"#, #""h" |"/"|"k""#, #""h"|"/"|"a"b""#,
        #""h"|"/"|"k"2|1795240301.275|2.502|0.250|MISS|"h"|"/"|"k""#,
        // Escapes that nginx does not write.
        #""h"|"/"|"\n""#, #""h"|"/"|"\x""#, #""h"|"/"|"\x4""#, #""h"|"/"|"\x4g""#, #""h"|"/"|"\""#, #""h"|"/"|"\X41""#,
        #""h\x"|"/"|"k""#, #""h"|"/\\"|"k""#,
        // Bytes that nginx escapes.
        "\"h\"|\"/\"|\"k\u{7F}\"", "\"h\"|\"/\"|\"k\t\"", "\"h\"|\"/\"|\"ä\"", "\"h\"|\"/\"|\"k\"\r",
        "\"h\"|\"/\"|\"\u{0}\"",
    ])
    func `what nginx would not have written is malformed`(_ names: String) {
        #expect(read("2|1795240301.275|2.502|0.250|MISS|" + names) == .malformed)
    }

    @Test func `no bytes make it trap`() {
        var random = SeededGenerator()
        let good = Array(("2|1795240301.275|2.502|0.001, 0.250 : 0.1|MISS" + Self.names + #"\x0A""#).utf8)
        for _ in 0..<20_000 {
            var line = random.once(in: 2) ? random.bytes(upTo: 80) : good
            for _ in 0..<random.number(0...4) where !line.isEmpty {
                line[random.number(0...line.count - 1)] = random.pick([
                    0x7c, 0x2e, 0x2c, 0x3a, 0x2d, 0x20, 0x39, 0xff, 0x22, 0x5c,
                ])
            }
            let start = random.number(0...line.count)
            _ = FetchLine.read(line[start...])
        }
    }
}
