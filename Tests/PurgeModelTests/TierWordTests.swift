import PurgeModel
import Testing

/// What agents tell of their tier, and collectors of a whole one.
@Suite struct TierWordTests {
    private func code(_ json: String) -> AcknowledgementError.Code? {
        do throws(AcknowledgementError) {
            _ = try TierWordCodec.decode(Array(json.utf8))
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `the golden word is read and written byte for byte`() throws {
        let bytes = try Golden.bytes("tier.json")
        let word = try TierWordCodec.decode(bytes)
        #expect(String(decoding: TierWordCodec.encode(word), as: UTF8.self) == String(decoding: bytes, as: UTF8.self))
        #expect(word.tier == "shield" && word.members == 2 && word.guardTime == .seconds(60) && word.lateFills == 5)
        let progress = try #require(word.partitions.first)
        #expect([999, 1001, 1004, 1006].allSatisfy(progress.hasApplied))
        #expect(![1000, 1005, 1007, .max].contains(where: progress.hasApplied))
        #expect(word.partitions.map(\.marks.count) == [2, 0])
    }

    @Test func `only what must be there is needed, and unknown fields are ignored`() {
        let smallest = #""tier":"a","sent_at":"2026-11-21T09:30:00Z","members":0,"guard_ms":0"#
        #expect(code("{\(smallest),\"partitions\":[],\"x\":{}}") == nil)
        #expect(code("{\(smallest),\"partitions\":[{\"partition\":0,\"applied\":1}]}") == nil)
        #expect(code("{\(smallest)}") == .missingField)
        #expect(code("{\(smallest),\"partitions\":[],\"tier\":\"b\"}") == .duplicateField)
        let backwards = "[{\"partition\":0,\"applied\":1,\"applied_ranges\":[[5,4]]}]"
        #expect(code("{\(smallest),\"partitions\":\(backwards)}") == .invalidField)
        let early = smallest.replacing("\"guard_ms\":0", with: "\"guard_ms\":-1")
        #expect(code("{\(early),\"partitions\":[]}") == .invalidField)
    }

    @Test(arguments: ["", "two words", "a/b", "é", "a\nb", String(repeating: "x", count: AgentTier.nameMax + 1)])
    func `what is no name of a tier is refused, in words and in acknowledgements`(name: String) throws {
        #expect(!AgentTier.isName(name))
        var word = try TierWordCodec.decode(Golden.bytes("tier.json"))
        word.tier = name
        #expect(throws: AcknowledgementError.self) { try TierWordCodec.decode(TierWordCodec.encode(word)) }
        let acknowledgement = try AcknowledgementCodec.decode(Golden.bytes("acknowledgement.json"))
        for tier in [AgentTier(name: name), AgentTier(name: "edge", above: name)] {
            var told = acknowledgement
            told.tier = tier
            #expect(throws: AcknowledgementError.self) {
                try AcknowledgementCodec.decode(AcknowledgementCodec.encode(told))
            }
        }
    }

    @Test func `names may have letters, digits, dots, dashes and underscores`() {
        #expect(AgentTier.isName("Shield-1.fra_2"))
        #expect(AgentTier.isName(String(repeating: "x", count: AgentTier.nameMax)))
    }
}
