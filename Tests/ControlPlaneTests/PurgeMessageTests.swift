import HTTPTypes
import HummingbirdTesting
import PurgeModel
import Testing

@testable import ControlPlane

/// What a purge tells besides how it stands.
@Suite(.timeLimit(.minutes(1))) struct PurgeMessageTests {
    private func ready(_ api: TestAPI, unmatched: [Int64] = [0]) {
        api.ledger.update { state, now in
            for (number, count) in unmatched.enumerated() { state.receive(word(number, unmatched: count), now: now) }
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
        }
    }

    private func word(
        _ number: Int, unmatched: Int64 = 0, applied: Int64 = 0, recent: [RecentPurge] = []
    ) -> Acknowledgement {
        var word = Samples.acknowledgement("edge-\(number)", applied: [0: applied], recent: recent)
        word.counts.unmatched = unmatched
        return word
    }

    private func messages(_ answer: Answer) -> [String] {
        (answer.json["messages"] as? [[String: Any]])?.compactMap { $0["message"] as? String } ?? []
    }

    private func codes(_ answer: Answer) -> [String] {
        (answer.json["messages"] as? [[String: Any]])?.compactMap { $0["code"] as? String } ?? []
    }

    /// A purge of "…/api/*" was accepted and confirmed with 0 objects, without a word.
    @Test(arguments: [
        (#"{"files":["https://www.example.com/api/*"]}"#, "the prefix 'www.example.com/api'"),
        (#"{"files":["https://www.example.com/a/b","https://www.example.com/*"]}"#, "the host 'www.example.com'"),
        (#"{"files":["https://www.example.com/a/b?x=/*"]}"#, "the prefix 'www.example.com/a'"),
        (#"{"prefixes":["www.example.com/blog/*"]}"#, "the prefix 'www.example.com/blog'"),
        (#"{"prefixes":["www.example.com/*","www.example.com/a*"]}"#, ", like 1 more,"),
    ])
    func `a star is told as what it is, at once`(body: String, advice: String) async throws {
        let api = try TestAPI()
        ready(api)
        try await api.run { client async throws in
            let answer = try await client.purge(body)
            #expect(answer.status == 200 && answer.json["success"] as? Bool == true)
            let codes = (answer.json["messages"] as? [[String: Any]])?.compactMap { $0["code"] as? Int }
            #expect(codes == [1161], "\(answer.text)")
            let message = try #require(messages(answer).first)
            #expect(message.contains(advice.replacing("'", with: "\"")) || message.contains(advice), "\(message)")
            let status = try await client.ask(.get, "/v1/purges/\(answer.purgeID)")
            #expect(self.codes(status) == ["asterisk"] && messages(status) == [message])
        }
    }

    @Test func `a purge without anything to tell has no messages`() async throws {
        let api = try TestAPI()
        ready(api)
        try await api.run { client async throws in
            let answer = try await client.purge(#"{"files":["https://www.example.com/a"],"tags":["*"]}"#)
            #expect((answer.json["messages"] as? [Any])?.isEmpty == true)
            let status = try await client.ask(.get, "/v1/purges/\(answer.purgeID)")
            #expect(status.json["messages"] == nil && status.json["unmatched"] == nil)
        }
    }

    /// A purge by URL of a host with its scheme was refused with words about xn--.
    @Test(arguments: [
        ("https://www.example.com", "without scheme and path"), ("www.example.com/a", "without scheme and path"),
        ("*.example.com", "one host is named at a time"),
    ])
    func `a host that is something else is refused with what it is`(host: String, reason: String) async throws {
        let api = try TestAPI()
        ready(api)
        try await api.run { client async throws in
            let answer = try await client.purge(Samples.list("hosts", [host]))
            #expect(answer.codes == [1115] && answer.message.contains(reason), "\(answer.text)")
            #expect(!answer.message.contains("xn--"))
        }
    }

    @Test func `a purge says what its agents cannot see`() async throws {
        let api = try TestAPI()
        ready(api, unmatched: [17, 0, 3])
        try await api.run { client async throws in
            let answer = try await client.purge(#"{"files":["https://www.example.com/a"]}"#)
            let first = try #require(answer.json["messages"] as? [[String: Any]])
            #expect(first.compactMap { $0["code"] as? Int } == [1163])
            #expect(
                messages(answer).first?.hasPrefix("2 of 3 agents have objects that this purge cannot see: 20 ") == true)
            let status = try await client.ask(.get, "/v1/purges/\(answer.purgeID)")
            #expect(status.json["unmatched"] as? [String: Int] == ["agents": 2, "files": 20])
            #expect(codes(status) == ["unmatched"])
            let list = try await client.ask(.get, "/v1/agents")
            let counts = (list.json["agents"] as? [[String: Any]])?.compactMap { $0["counts"] as? [String: Int] }
            #expect(counts?.map { $0["unmatched"] } == [17, 0, 3])
            let metrics = try await client.ask(.get, "/metrics").text
            #expect(metrics.contains(#"edge_purge_control_agent_unmatched_files{agent="edge-0"} 17"#), "\(metrics)")
        }
    }

    @Test func `a tag in every scope finds files whatever they are called`() throws {
        var state = CollectorState()
        state.receive(word(0, unmatched: 5), now: Samples.instant(0))
        state.receive(
            try Samples.event(1), bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: Samples.instant(0))
        #expect(state.status(of: try Samples.id(1), now: Samples.instant(0))?.unmatched == nil)
    }

    @Test func `a purge that named nothing anywhere says so, and only then`() async throws {
        let api = try TestAPI()
        ready(api, unmatched: [0, 0])
        try await api.run { client async throws in
            for (number, removed) in [[0, 0], [0, 1]].enumerated() {
                let id = try await client.purge(#"{"files":["https://www.example.com/\#(number)"]}"#).purgeID
                let offset = Int64(number)
                func apply(_ agent: Int) {
                    let told = Samples.result(0, offset, removed: removed[agent])
                    api.ledger.update { state, now in
                        state.receive(word(agent, applied: offset + 1, recent: [told]), now: now)
                    }
                }
                apply(0)
                #expect(codes(try await client.ask(.get, "/v1/purges/\(id)")) == [])
                apply(1)
                let status = try await client.ask(.get, "/v1/purges/\(id)?wait=1s")
                #expect(status.json["state"] as? String == "confirmed")
                #expect(codes(status) == (removed == [0, 0] ? ["matched_nothing"] : []), "\(status.text)")
            }
        }
    }

    @Test func `it says what an agent has stored next to it, and nothing outside the scope`() throws {
        let near: [(told: String, isShown: Bool)] = [
            ("https://www.example.com/a/", true), ("https://other.test/a", false), ("\u{1b}[31m", false),
        ]
        for (number, near) in near.enumerated() {
            var state = CollectorState()
            state.receive(word(0), now: Samples.instant(0))
            state.acknowledgementsCaughtUp(at: Samples.instant(0))
            let position = PurgePosition(partition: 0, offset: 0)
            let scope = Scope([try HostPattern(validating: "*.example.com")])
            var event = try Samples.event(number)
            event.scope = scope
            event.selectors = Selectors(urls: [try PurgeURL(validating: "https://www.example.com/a")])
            state.receive(event, bytes: 1, at: position, now: Samples.instant(0))
            var result = Samples.result(0, 0, removed: 0)
            result.near = near.told
            state.receive(word(0, applied: 1, recent: [result]), now: Samples.instant(1))
            let messages = state.status(of: event.id, now: Samples.instant(1))?.messages ?? []
            #expect(messages.map { $0.code } == ["matched_nothing"])
            #expect(messages.first?.message.contains("was that meant?") == near.isShown, "\(messages)")
            if near.isShown { #expect(messages.first?.message.contains(near.told) == true) }
        }
    }

    @Test func `nobody says that nothing matched where it is not known what did`() throws {
        var state = CollectorState()
        for number in 0..<2 { state.receive(word(number), now: Samples.instant(0)) }
        state.acknowledgementsCaughtUp(at: Samples.instant(0))
        state.receive(
            try Samples.event(1), bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: Samples.instant(0))
        // Compaction took the word in which the second one told what it removed.
        state.receive(word(0, applied: 1, recent: [Samples.result(0, 0, removed: 0)]), now: Samples.instant(1))
        state.receive(word(1, applied: 1), now: Samples.instant(1))
        let status = try #require(state.status(of: try Samples.id(1), now: Samples.instant(1)))
        #expect(status.state == .confirmed && status.messages == nil)
    }

    /// After a start `agents.expected` was 0, as if nobody had to apply the purge.
    @Test func `while it is not known which agents there are, a purge says so`() throws {
        var state = CollectorState()
        let (id, now) = (try Samples.id(1), Samples.instant(1))
        try state.addPurge(at: 1)
        #expect(state.status(of: id, now: now)?.messages?.map(\.code) == ["agents_unknown"])
        state.purgesCaughtUp()
        state.acknowledgementsCaughtUp(at: now)
        #expect(state.status(of: id, now: now)?.messages == nil)
    }

    /// A token for one zone asked to purge another, and the refusal told the name of that zone.
    @Test func `a zone that a token must not see is as unknown as one that does not exist`() async throws {
        let tokens = TestTokens()
        let api = try TestAPI(tokens: tokens.records)
        ready(api)
        let headers = tokens.headers("deploy")
        try await api.run { client async throws in
            func purge(_ zone: String) async throws -> Answer {
                try await client.ask(
                    .post, "/client/v4/zones/\(zone)/purge_cache", #"{"tags":["a"]}"#, headers: headers)
            }
            let missing = String(repeating: "b", count: 32)
            let (other, unknown) = (try await purge(Samples.otherZoneID), try await purge(missing))
            #expect(other.status == 404 && other.codes == [7003])
            #expect(other.text.replacing(Samples.otherZoneID, with: missing) == unknown.text)
            #expect(!other.text.contains("other.org"))
            #expect(try await purge(Samples.zoneID).status == 200)
        }
    }
}
