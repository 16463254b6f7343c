import Testing

@testable import PurgeModel

@Suite struct MessageMarkTests {
    private func mark(_ timestamp: Int64?, _ key: String?, _ value: String?) -> UInt64 {
        MessageMark(
            offset: 0, timestamp: timestamp, key: key.map { Array($0.utf8) }, value: value.map { Array($0.utf8) }
        ).fingerprint
    }

    @Test func `messages that differ anywhere have other fingerprints`() {
        let all = [
            mark(1, "k", "v"), mark(2, "k", "v"), mark(nil, "k", "v"), mark(1, "kv", ""), mark(1, "", "kv"),
            mark(1, nil, "kv"), mark(1, "kv", nil), mark(1, nil, nil), mark(1, "", ""), mark(1, "k", "w"),
        ]
        #expect(Set(all).count == all.count)
        #expect(mark(1, "k", "v") == mark(1, "k", "v"))
    }

    /// Agents and control planes of every version have to compute the same.
    @Test func `the fingerprint is what it always was`() {
        #expect(mark(1_700_000_000_000, "zone", "value") == Self.known)
    }

    /// FNV-1a of the bytes that the schema names, worked out by another program.
    private static let known: UInt64 = 0xbe01_1209_feec_bfe5
}
