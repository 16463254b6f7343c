import TestSupport
import Testing

@testable import PurgeModel

/// The fast reader may refuse what it likes, but what it reads must be what the parser reads.
@Suite struct AcknowledgementScannerTests {
    private static let edges: [Int64] = [.min, -1_000_000_000_000_000_000, -1, 0, 1, 999_999_999_999_999_999, .max]

    private func random(_ generator: inout SeededGenerator, edgesOnceIn: Int) -> Acknowledgement {
        func number() -> Int64 {
            generator.once(in: edgesOnceIn)
                ? Self.edges.randomElement(using: &generator) ?? 0 : .random(in: 0...1_000_000, using: &generator)
        }
        func few() -> Range<Int> { 0..<Int.random(in: 0...3, using: &generator) }
        return Acknowledgement(
            agent: "edge-\(number())", instance: "i/\(number())",
            machine: generator.once(in: 2) ? "0123456789abcdef" : nil, sentAt: Timestamp(milliseconds: number()),
            software: "edge-purge/1", region: generator.once(in: 2) ? "fra" : nil,
            tier: generator.once(in: 2)
                ? AgentTier(
                    name: "edge", above: generator.once(in: 2) ? "shield" : nil,
                    guardTime: .milliseconds(Int64.random(in: 0...100_000, using: &generator)),
                    waiting: .random(in: 0...9, using: &generator))
                : nil,
            cache: "nginx",
            status: AgentStatus.allCases.randomElement(using: &generator) ?? .live,
            drained: generator.once(in: 4),
            fence: FenceMode.allCases.randomElement(using: &generator) ?? .off,
            fenceAfter: .milliseconds(Int64.random(in: 0...100_000, using: &generator)),
            partitions: few().map { number in
                PartitionProgress(
                    partition: Int32(number), queued: 5, applied: 4,
                    appliedRanges: few().map { Int64($0)...Int64($0 + 9) },
                    effective: generator.once(in: 2) ? .random(in: 0...9, using: &generator) : nil, highWatermark: 9,
                    mark: generator.once(in: 2)
                        ? MessageMark(offset: Int64(number), fingerprint: .random(in: .min ... .max, using: &generator))
                        : nil)
            },
            counts: AcknowledgementCounts(
                purges: number(), bytesIndexed: number(), guardRemoved: number(), errors: number(),
                unmatched: number(), reclaimedBytes: number(), reclaimWaitingBytes: number()),
            recent: few().map { _ in
                RecentPurge(
                    partition: 0, offset: number(), removed: Int(number()), bytes: number(),
                    appliedAt: Timestamp(milliseconds: number()), took: .microseconds(700),
                    near: generator.once(in: 2) ? "https://a.test/\(number())" : nil)
            },
            problem: generator.once(in: 3) ? "no space left" : nil)
    }

    @Test func `what an agent writes is read without the parser`() {
        let seed: UInt64 = 61
        var generator = SeededGenerator(seed: seed)
        for round in 0..<500 {
            let acknowledgement = random(&generator, edgesOnceIn: .max)
            let bytes = AcknowledgementCodec.encode(acknowledgement)
            #expect(AcknowledgementScanner.scan(bytes) == acknowledgement, "seed \(seed) round \(round)")
        }
    }

    @Test func `what an agent writes are the bytes of the library's encoder`() {
        let seed: UInt64 = 62
        var generator = SeededGenerator(seed: seed)
        for round in 0..<500 {
            var acknowledgement = random(&generator, edgesOnceIn: 5)
            if generator.once(in: 5) { acknowledgement.problem = "\"\\\u{7}\u{e9}/\u{2028}" }
            let bytes = AcknowledgementCodec.encode(acknowledgement)
            check(bytes == CanonicalJSON.encode(acknowledgement), "seed \(seed) round \(round)")
        }
    }

    @Test func `the golden acknowledgement is read without the parser`() throws {
        let bytes = try Golden.bytes("acknowledgement.json")
        #expect(AcknowledgementScanner.scan(bytes) == (try AcknowledgementCodec.parse(bytes)))
    }

    @Test func `what version 0 1 0 wrote is read without the parser`() throws {
        let text = String(decoding: try Golden.bytes("acknowledgement.json"), as: UTF8.self)
        let earlier = text.replacing(",\"unmatched\":17", with: "").replacing(
            ",\"machine\":\"1f2e3d4c5b6a7988\"", with: ""
        ).replacing(
            ",\"tier\":{\"above\":\"shield\",\"guard_ms\":60000,\"name\":\"edge\",\"waiting\":2}", with: ""
        ).replacing(",\"effective\":1008", with: "").replacing(
            ",\"mark\":{\"fingerprint\":\"00c0ffee12345678\",\"offset\":1007}", with: "")
        let acknowledgement = try #require(AcknowledgementScanner.scan(Array(earlier.utf8)))
        #expect(acknowledgement.machine == nil && acknowledgement.tier == nil)
        #expect(acknowledgement.counts.unmatched == 0)
        #expect(acknowledgement.partitions.allSatisfy { $0.mark == nil && $0.effective == nil })
        #expect(acknowledgement == (try AcknowledgementCodec.parse(Array(earlier.utf8))))
    }

    @Test func `what is read is what the parser reads, whatever was changed`() throws {
        let seed: UInt64 = 62
        var generator = SeededGenerator(seed: seed)
        let splices = [
            "-0", "00", "1.0", "1e2", "-", "null", " ", "\\u0041", "\u{7F}", "é", "\"", "[1,0]", "9999999999999999999",
            ",\"applied\":1", ",\"x\":1", "2147483648", "}", "]",
            ",\"machine\":\"x\"", ",\"unmatched\":3", ",\"effective\":3",
            ",\"mark\":{\"fingerprint\":\"00c0ffee12345678\",\"offset\":1}",
            ",\"tier\":{\"guard_ms\":1,\"name\":\"a b\",\"waiting\":0}",
            ",\"tier\":{\"above\":\"\",\"guard_ms\":1,\"name\":\"a\",\"waiting\":-1}",
        ].map { Array($0.utf8) }
        var read = 0
        for round in 0..<3_000 {
            var bytes = AcknowledgementCodec.encode(random(&generator, edgesOnceIn: 6))
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let start = Int.random(in: 0..<bytes.count, using: &generator)
                let end = min(bytes.count, start + Int.random(in: 0...4, using: &generator))
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[start] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.removeSubrange(start..<end)
                case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
                default: bytes.replaceSubrange(start..<end, with: splices.randomElement(using: &generator) ?? [])
                }
            }
            guard let scanned = AcknowledgementScanner.scan(bytes) else { continue }
            read += 1
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(scanned == (try? AcknowledgementCodec.parse(bytes)), "seed \(seed) round \(round): \(text)")
        }
        #expect(read > 500)
    }

    @Test(arguments: ["", "{", "{\"agent\":\"", "{\"agent\":\"a\",\"cache\":\"nginx\",\"counts\":{\"bytes_indexed\":"])
    func `a text that ends anywhere is left to the parser`(text: String) throws {
        #expect(AcknowledgementScanner.scan(Array(text.utf8)) == nil)
        let golden = try Golden.bytes("acknowledgement.json")
        for count in 0..<golden.count { #expect(AcknowledgementScanner.scan(Array(golden.prefix(count))) == nil) }
    }
}
