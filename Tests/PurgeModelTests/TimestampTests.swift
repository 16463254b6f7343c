import FoundationEssentials
import PurgeModel
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-21T09:30:00.123Z", 1_795_253_400_123),
        ("2026-11-21T10:30:00.123+01:00", 1_795_253_400_123), ("2026-11-21t04:00:00.123-05:30", 1_795_253_400_123),
        ("2026-11-21 09:30:00.1239999999999999999999999z", 1_795_253_400_123),
        ("2026-11-21T09:30:00.1Z", 1_795_253_400_100),
        ("2026-11-21T09:30:00-00:00", 1_795_253_400_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("1969-12-31T23:59:59.999Z", -1), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("1970-01-01T01:00:00+0100", 0), ("1969-12-31T23:30:00.000-0030", 0),
    ])
    func `RFC 3339 is read`(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T09:30:00", "2026-11-21T09:30Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T09:60:00Z",
        "2026-11-21T09:30:61Z", "2026-11-21T09:30:00.Z", "2026-11-21T09:30:00+1:00", "2026-11-21T09:30:00+24:00",
        "2026-11-21T09:30:00Zz", "+2026-11-21T09:30:00Z", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "2026-11-21T09:30:00,5Z", "２026-11-21T09:30:00Z", "2026-11-21T09:30:00+01",
        "2026-11-21T09:30:00+010",
    ])
    func `anything else is refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `every day of 400 years reads back, and days follow each other`() throws {
        var day: Int64 = -62_167_219_200_000
        for _ in 0..<146_097 {
            let moment = Timestamp(milliseconds: day + 86_399_999)
            check(Timestamp(rfc3339: moment.description) == moment, "\(moment.milliseconds)")
            day += 86_400_000
        }
        #expect(Timestamp(milliseconds: day).description == "0400-01-01T00:00:00.000Z")
    }

    @Test func `any number of milliseconds is cut to what can be written`() {
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: 5).advanced(by: .seconds(Int64.max)) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: 5).advanced(by: .seconds(Int64.min)) == Timestamp(milliseconds: .min))
        #expect(Timestamp(milliseconds: 5).advanced(by: .milliseconds(-6)).milliseconds == -1)
        #expect(Timestamp(milliseconds: .max).duration(since: Timestamp(milliseconds: .min)) > .zero)
    }

    @Test func `durations are cut, never trap`() {
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
        #expect(Duration.microseconds(-1999).wholeMilliseconds == -1)
        #expect(Duration.seconds(Int64.max).wholeMicroseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMicroseconds == .min)
        #expect(Duration.seconds(3).wholeMicroseconds == 3_000_000)
    }

    @Test func `in JSON it is a string`() throws {
        let json = try JSONEncoder().encode([Timestamp(milliseconds: 0)])
        #expect(String(decoding: json, as: UTF8.self) == "[\"1970-01-01T00:00:00.000Z\"]")
        #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [Timestamp(milliseconds: 0)])
    }
}
