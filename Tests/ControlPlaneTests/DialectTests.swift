import HTTPTypes
import PurgeModel
import Testing

@testable import ControlPlane

/// What is wrong with a purge, in the words of each dialect.
@Suite struct DialectTests {
    /// The numbers for an entry that names nothing.
    private func refusal(_ list: SelectorList, _ text: String) throws -> PurgeRefusal {
        func texts(_ other: SelectorList) -> [String]? { list == other ? [text] : nil }
        let zone = try #require(try Samples.zones().zone(id: Samples.zoneID))
        let selectors = SelectorTexts(
            urls: texts(.urls), tags: texts(.tags), hosts: texts(.hosts), prefixes: texts(.prefixes), everything: false)
        return try #require(
            #expect(throws: PurgeRefusal.self) {
                try selectors.selectors(in: zone, limits: PurgeLimits(keysPerRequest: 100, urlsPerRequest: 100))
            })
    }

    @Test(arguments: [
        (SelectorList.urls, "http://ex ample.com/", 1115), (.urls, "http://*.example.com/", 1115), (.urls, "h", 1015),
        (.urls, "http://example.com/" + String(repeating: "x", count: 70_000), 1015),
        (.urls, "http://\(String(repeating: "abcdefghi.", count: 21))com/", 1114),
        (.tags, String(repeating: "x", count: 1025), 1100), (.tags, "", 1155), (.tags, "\u{1}", 1155),
        (.hosts, "a_b..", 1115), (.hosts, String(repeating: "abcdefghi.", count: 21) + "com", 1114),
        (.prefixes, "http://example.com/a", 1150), (.prefixes, "example.com/a?b", 1152),
        (.prefixes, "example.com/ a", 1153), (.prefixes, "example.com" + String(repeating: "/a", count: 40), 1151),
    ])
    func `an entry that names nothing has the number of the public list, or one of ours`(
        list: SelectorList, text: String, number: Int
    ) throws {
        let refusal = try refusal(list, text)
        #expect(CloudflareError(refusal).code == number)
        #expect(APIError(refusal).code == "bad_selector")
        #expect(APIError(refusal).message == CloudflareError(refusal).message)
    }

    @Test func `too many of one kind have a number for each kind`() {
        let numbers: [SelectorList: Int] = [.urls: 1094, .tags: 1101, .hosts: 1111, .prefixes: 1156]
        for list in SelectorList.allCases {
            let refusal = PurgeRefusal.tooMany(list, count: 501, limit: 500)
            #expect(CloudflareError(refusal).code == numbers[list])
            #expect(APIError(refusal).code == "too_many")
        }
    }

    @Test func `every refusal is a status from 400 on and never 409, which Cloudflare's clients send again`() throws {
        let error = SelectorError(.scopeRequired, message: "m")
        let refusals: [PurgeRefusal] = [
            .nothingNamed, .emptyList(.tags), .everythingWithOthers, .tooMany(.urls, count: 2, limit: 1),
            .badSelector(error, text: ""), .contradiction(error), .otherZone("a", zone: "b"),
            .rateLimited(RateLimitVerdict(refusedBy: "urls", retryAfterSeconds: 3, quotas: []), account: "a"),
            .tooLarge(bytesMax: 1), .kafkaUnavailable(reason: "r"), .outcomeUnknown(try Samples.id(1), reason: "r"),
        ]
        for refusal in refusals {
            #expect(CloudflareError(refusal).status.code >= 400 && CloudflareError(refusal).status != .conflict)
            #expect(APIError(refusal).status == CloudflareError(refusal).status)
            #expect(APIError(refusal).retryAfterSeconds == CloudflareError(refusal).retryAfterSeconds)
        }
    }
}
