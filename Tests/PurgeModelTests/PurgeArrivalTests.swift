import PurgeModel
import Testing

/// Times of acceptance that no clock has: 1970, year 0, year 9999 in an event made "confirmed, 498861 h" of it, took
/// the first place of every list for ever, or kept a purge from everything that it named.
@Suite struct PurgeArrivalTests {
    private let arrival = Timestamp(milliseconds: 1_795_253_400_000)

    private func believed(_ text: String, arrivedAt: Timestamp?) throws -> Timestamp {
        try purge(text).believed(arrivedAt: arrivedAt).acceptedAt
    }

    private func purge(_ text: String) throws -> PurgeEvent {
        let json = """
            {"id":"00000000000000000000000000000001","zone":"z","selectors":{"hosts":["a.com"]},"accepted_at":"\(text)"}
            """
        return try PurgeEventCodec.decode(value: Array(json.utf8), headers: [], key: nil)
    }

    @Test(arguments: [
        "1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2026-11-20T00:00:00Z",
        "2026-11-21T09:40:00Z",
    ])
    func `what cannot be counts as accepted when it arrived`(text: String) throws {
        #expect(try believed(text, arrivedAt: arrival) == arrival)
        #expect(try believed(text, arrivedAt: nil) == Timestamp(rfc3339: text))
    }

    @Test(arguments: ["2026-11-21T09:30:00Z", "2026-11-21T09:34:59Z", "2026-11-20T09:30:01Z"])
    func `a producer that was slow, or whose clock is a little ahead, is believed`(text: String) throws {
        #expect(try believed(text, arrivedAt: arrival) == Timestamp(rfc3339: text))
    }

    @Test func `what a producer wrote as the time of its message is believed as little`() throws {
        let now = arrival
        let event = try purge("2026-11-21T09:30:00Z")
        let old = try purge("2020-01-01T00:00:00Z")
        func shown(_ stored: Int64?) -> Timestamp { old.shownArrival(stored: stored, now: now) }
        for stored in [nil, 0, -5, .max, .min, now.milliseconds + 301_000] { #expect(shown(stored) == now) }
        #expect(shown(now.milliseconds - 86_400_000 * 30).milliseconds == now.milliseconds - 86_400_000 * 30)
        // Where it decides what is left alone, a clock that is behind makes nothing earlier.
        func spare(_ stored: Int64?) -> Timestamp? { old.spareArrival(stored: stored, now: now) }
        #expect(spare(nil) == nil)
        #expect(spare(0) == now.advanced(by: .seconds(-400 * 86_400)))
        #expect(spare(now.milliseconds + 1_000_000)?.milliseconds == now.milliseconds + 1_000_000)
        #expect(old.spareArrival(stored: now.milliseconds, now: Timestamp(milliseconds: 0)) == now)
        // Attack: a producer passed on the time of what it had read, ten minutes old, and a purge that an agent read
        // late spared what it named, as newer than itself.
        let earlier = now.milliseconds - 600_000
        #expect(event.spareArrival(stored: earlier, now: now) == event.acceptedAt)
        #expect(event.shownArrival(stored: earlier, now: now) == event.acceptedAt)
        #expect(try purge("9999-12-31T23:59:59Z").spareArrival(stored: earlier, now: now) == now)
    }
}
