import Testing

@testable import ControlPlane

@Suite struct HeldRequestsTests {
    /// Attack: one token took all waiting places, and all others were answered with 503.
    @Test func `nobody has more than a share of the places`() throws {
        let held = HeldRequests()
        var places: [HeldRequests.Place] = []
        for _ in 0..<12 { places.append(try held.place(for: .token("a"), of: 64)) }
        let refusal = #expect(throws: APIError.self) { try held.place(for: .token("a"), of: 64) }
        #expect(refusal?.code == "too_many_waiting" && refusal?.message.contains("12 requests of yours") == true)
        for name in ["b", "c", "d"] {
            for _ in 0..<12 { places.append(try held.place(for: .address(name), of: 64)) }
        }
        #expect(held.count == 48)
        let full = #expect(throws: APIError.self) { try held.place(for: .token("e"), of: 64) }
        #expect(full?.message.hasPrefix("48 requests are waiting") == true)
        places.removeFirst()
        #expect(held.count == 47)
        places.append(try held.place(for: .token("a"), of: 64))
        places.removeAll()
        #expect(held.count == 0)
    }
}
