import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct FetchLineTests {
    private func read(_ text: String) -> FetchLine.Reading { FetchLine.read(Array(text.utf8)[...]) }

    private let key = CacheKeyHash.of(Array("http://a.test/x?y|z".utf8)[...])

    @Test(arguments: [
        ("0.250", Int64(250)), ("0.001, 0.020", 20), ("0.001 : 0.030", 30), ("-, 0.007", 7), ("1.000, -", nil),
    ])
    func `a fetch is read, whatever origins were asked before the last`(_ times: String, _ header: Int64?) {
        let line = read("1795240301.275|2.502|\(times)|MISS|http://a.test/x?y|z")
        let expected = FetchLine(
            logged: 1_795_240_301_275, requested: 1_795_240_298_773, headerTime: header, key: key)
        #expect(line == .fetch(expected))
    }

    @Test(arguments: [
        ("MISS", true), ("EXPIRED", true), ("REVALIDATED", true), ("BYPASS", false), ("HIT", false), ("-", false),
        ("", false),
    ])
    func `what passed the cache by says nothing about what is in it`(_ status: String, _ isStored: Bool) throws {
        guard case .fetch(let line) = read("1795240301.275|2.502|0.250|\(status)|k") else {
            Issue.record("no fetch")
            return
        }
        #expect(line.isStored == isStored)
    }

    @Test func `an answer from the cache is no fetch`() {
        #expect(read("1795240301.275|0.000||HIT|http://a.test/") == .noFetch)
        #expect(read("1795240301.275|0.000|-|HIT|http://a.test/") == .noFetch)
        #expect(read("1795240301.275|0.000|-, -|-|http://a.test/") == .noFetch)
    }

    @Test(arguments: [
        "", "|", "||||", "1795240301.275|2.502|0.250|MISS|", "1795240301.275|2.502|0.250|MISS", "x|2.502|0.250|MISS|k",
        "1795240301|2.502|0.250|MISS|k", "1795240301.27|2.502|0.250|MISS|k", "1795240301.275|-2.502|0.250|MISS|k",
        "795240301.275|2.502|0.250|MISS|k", "1795240301.275|2.502|0.250;0.1|MISS|k",
        "99999999999999999.275|2.502|0.2|M|k",
        "127.0.0.1 - - [21/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 612 \"-\" \"curl|7|8|9|10\"",
    ])
    func `other lines are malformed`(_ line: String) { #expect(read(line) == .malformed) }

    @Test func `no bytes make it trap`() {
        var random = SeededGenerator()
        let good = Array("1795240301.275|2.502|0.001, 0.250 : 0.1|MISS|http://a.test/".utf8)
        for _ in 0..<20_000 {
            var line = random.once(in: 2) ? random.bytes(upTo: 80) : good
            for _ in 0..<random.number(0...4) where !line.isEmpty {
                line[random.number(0...line.count - 1)] = random.pick([0x7c, 0x2e, 0x2c, 0x3a, 0x2d, 0x20, 0x39, 0xff])
            }
            let start = random.number(0...line.count)
            _ = FetchLine.read(line[start...])
        }
    }
}
