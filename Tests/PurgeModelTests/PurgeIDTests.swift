import FoundationEssentials
import PurgeModel
import TestSupport
import Testing

@Suite struct PurgeIDTests {
    @Test func `32 lower-case digits go in and come out`() throws {
        let text = "023e105f4ecef8ad9ca31a8372d0c353"
        #expect(try #require(PurgeID(text)).description == text)
    }

    @Test(arguments: [
        "", "023e105f4ecef8ad9ca31a8372d0c35", "023e105f4ecef8ad9ca31a8372d0c3533", "023E105F4ECEF8AD9CA31A8372D0C353",
        "023e105f4ecef8ad9ca31a8372d0c35g", "023e105f-4ece-f8ad-9ca3-1a8372d0c353", "０23e105f4ecef8ad9ca31a8372d0c353",
    ])
    func `anything else is refused`(text: String) {
        #expect(PurgeID(text) == nil)
    }

    @Test(arguments: [
        "023E105F4ECEF8AD9CA31A8372D0C353", "023e105f-4ece-f8ad-9ca3-1a8372d0c353",
        "023E105F-4ECE-F8AD-9CA3-1A8372D0C353", "023e105f4ecef8ad9ca31a8372d0c353",
    ])
    func `an id from elsewhere may be a UUID, in either case`(text: String) {
        #expect(PurgeID(anyForm: text)?.description == "023e105f4ecef8ad9ca31a8372d0c353")
    }

    @Test(arguments: [
        "", "023e105f4ece-f8ad-9ca3-1a8372d0c353----", "{023e105f-4ece-f8ad-9ca3-1a8372d0c353}",
        "023e105f-4ece-f8ad-9ca3-1a8372d0c35g", "urn:uuid:023e105f-4ece-f8ad-9ca3-1a8372d0c353",
    ])
    func `anything else is none from elsewhere either`(text: String) {
        #expect(PurgeID(anyForm: text) == nil)
    }

    @Test func `random ids differ and read back`() throws {
        var generator = SeededGenerator(seed: 1)
        var seen: Set<PurgeID> = []
        for _ in 0..<1000 {
            let id = PurgeID.random(using: &generator)
            #expect(PurgeID(id.description) == id)
            #expect(seen.insert(id).inserted)
        }
    }

    @Test func `a UUID and plain digits stay themselves whatever the source`() {
        let wanted = PurgeID("550e8400e29b41d4a716446655440000")
        #expect(PurgeID(derivedFrom: "550E8400-e29b-41d4-a716-446655440000", source: "a") == wanted)
        #expect(PurgeID(derivedFrom: "550e8400E29b41d4a716446655440000", source: "b") == wanted)
    }

    @Test func `derived ids never change between releases`() {
        // Agents of two releases must know one purge by one id.
        #expect(PurgeID(derivedFrom: "change-4711-3", source: "//shop").description == Self.pinned)
    }

    private static let pinned = "083563935d4536e49bcf40964fbde090"

    @Test func `source and id are both part of a derived id`() {
        let pairs = [("a", "b"), ("b", "a"), ("ab", ""), ("", "ab"), ("a", "c"), ("é", "b"), ("a", "b\u{0}")]
        #expect(Set(pairs.map { PurgeID(derivedFrom: $0.0, source: $0.1) }).count == pairs.count)
        let numbered = Set((0..<20_000).map { PurgeID(derivedFrom: "event-\($0)", source: "s") })
        #expect(numbered.count == 20_000)
    }

    @Test func `in JSON it is a string`() throws {
        let id = try #require(PurgeID("000102030405060708090a0b0c0d0e0f"))
        let json = try JSONEncoder().encode([id])
        #expect(String(decoding: json, as: UTF8.self) == "[\"000102030405060708090a0b0c0d0e0f\"]")
        #expect(try JSONDecoder().decode([PurgeID].self, from: json) == [id])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([PurgeID].self, from: Data("[\"x\"]".utf8)) }
    }
}
