import PurgeModel
import Testing

@testable import ControlPlane

@Suite struct ZoneTests {
    @Test func `a zone needs an id, a name and a scope`() {
        #expect(throws: ZoneError.self) { try Zone(id: "example.com", name: "example.com", scope: .all) }
        #expect(throws: ZoneError.self) { try Zone(id: Samples.zoneID, name: "", scope: .all) }
        #expect(throws: ZoneError.self) { try Zone(id: Samples.zoneID, name: "example.com", scope: .none) }
    }

    @Test func `ids are found in any case and may not occur twice`() throws {
        let zone = try Zone(id: Samples.zoneID.uppercased(), name: "a", scope: .all)
        #expect(try ZoneTable([zone]).zone(id: Samples.zoneID)?.name == "a")
        #expect(throws: ZoneError.self) { try ZoneTable([zone, zone]) }
    }
}
