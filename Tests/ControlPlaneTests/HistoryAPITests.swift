import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PurgeModel
import Testing

@testable import ControlPlane

/// `/v1/purges`, `/v1/purges/{id}/progress`, `/v1/times`, `DELETE /v1/agents/{agent}`.
@Suite(.timeLimit(.minutes(2))) struct HistoryAPITests {
    @Test func `purges are listed in pages, without what single agents did`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            var ids: [String] = []
            for tag in ["one", "two", "three"] { ids.append(try await client.purge(#"{"tags":["\#(tag)"]}"#).purgeID) }
            api.ledger.update { state, now in
                state.receive(Samples.acknowledgement("edge-1", applied: [0: 2]), now: now)
            }
            var listed: [String] = []
            var next: String? = ""
            while let cursor = next, listed.count <= ids.count {
                let answer = try await client.ask(
                    .get, "/v1/purges?limit=1\(cursor.isEmpty ? "" : "&before=\(cursor)")")
                let page = try #require(answer.json["purges"] as? [[String: Any]])
                listed += page.compactMap { $0["id"] as? String }
                #expect(page.allSatisfy { $0["by_agent"] == nil && $0["agents"] != nil })
                next = answer.json["next"] as? String
            }
            #expect(Set(listed) == Set(ids) && listed.count == 3)
            func found(_ query: String) async throws -> [String] {
                let answer = try await client.ask(.get, "/v1/purges?\(query)")
                return (answer.json["purges"] as? [[String: Any]])?.compactMap { $0["id"] as? String } ?? []
            }
            #expect(try await found("state=pending") == [ids[2]])
            #expect(Set(try await found("state=confirmed")) == Set(ids.prefix(2)))
            #expect(try await found("zone=\(Samples.zoneID)").count == 3)
            #expect(try await found("zone=\(Samples.otherZoneID)").isEmpty)
        }
    }

    @Test func `a search finds texts and ids, and its connection ends with it`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            var ids: [String] = []
            for tag in ["one", "two", "three"] { ids.append(try await client.purge(#"{"tags":["\#(tag)"]}"#).purgeID) }
            try await api.serve { port in
                for (text, id) in [("TWO", ids[1]), (String(ids[0].prefix(10)), ids[0])] {
                    try await StreamClient.open(["/v1/purges?q=\(text)"], port: port) { client in
                        await client.readToEnd()
                        #expect(client.text.hasPrefix("HTTP/1.1 200 "))
                        #expect(ids.filter { client.text.contains(#""id":"\#($0)""#) } == [id], "\(client.text)")
                    }
                }
            }
        }
    }

    @Test(arguments: [
        "limit=0", "limit=x", "limit=501", "before=1", "before=x.y", "state=done",
        "q=\(String(repeating: "x", count: 1001))",
    ])
    func `a query that makes no sense is refused`(query: String) async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            let answer = try await client.ask(.get, "/v1/purges?\(query)")
            #expect(answer.status == 400 && answer.code == "bad_query", "\(answer.text)")
        }
    }

    @Test func `times to confirmed are reported`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            let empty = try await client.ask(.get, "/v1/times")
            #expect(empty.json["count"] as? Int == 0 && empty.json["p50_ms"] == nil)
            _ = try await client.purge(#"{"tags":["a"]}"#)
            api.ledger.update { state, now in
                state.receive(Samples.acknowledgement("edge-1", applied: [0: 1]), now: now)
            }
            let hour = try await client.ask(.get, "/v1/times?window=1h")
            #expect(hour.json["count"] as? Int == 1 && hour.json["p99_ms"] != nil)
            #expect((hour.json["points"] as? [Any])?.count == 60)
            let day = try await client.ask(.get, "/v1/times?window=24h")
            #expect(day.json["window_s"] as? Int == 86_400 && (day.json["points"] as? [Any])?.count == 96)
            #expect(try await client.ask(.get, "/v1/times?window=1w").code == "bad_window")
        }
    }

    @Test func `an agent that spoke a moment ago is not retired`() throws {
        var state = CollectorState()
        state.receive(Samples.acknowledgement("a"), now: Samples.instant(0), partition: 3)
        let refusal = try #require(
            #expect(throws: RetirementRefusal.self) { try state.retirement(of: "a", now: Samples.instant(4.9)) })
        let error = APIError(refusal, agent: "a")
        #expect(error.status == .conflict && error.code == "agent_is_running")
        #expect(try state.retirement(of: "a", now: Samples.instant(5)).acksPartition == 3)
    }

    @Test func `an agent is retired only when it is known and not in the roster`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            #expect(try await client.ask(.delete, "/v1/agents/nobody").status == 404)
            api.ledger.update { state, now in
                state.receive(Samples.acknowledgement("edge-1", status: .draining), now: now)
                state.setRoster(["edge-1": nil], now: now)
            }
            #expect(try await client.ask(.delete, "/v1/agents/edge-1").code == "in_roster")
            api.ledger.update { state, now in state.setRoster([:], now: now) }
            api.producer.fail(with: PurgeProducerError(outcome: .unknown, message: "down"))
            #expect(try await client.ask(.delete, "/v1/agents/edge-1").status == 503)
            #expect(try await client.agentCount() == 1)
            api.producer.fail(with: nil)
            let retired = try await client.ask(.delete, "/v1/agents/edge-1")
            #expect(retired.status == 200 && retired.json["retired"] as? Bool == true)
            #expect(api.producer.retired.map(\.agent) == ["edge-1"])
            #expect(try await client.agentCount() == 0)
        }
    }

    @Test func `progress is told until the purge is confirmed`() async throws {
        let api = try TestAPI()
        api.ledger.update { state, now in
            for agent in ["a", "b"] { state.receive(Samples.acknowledgement(agent), now: now) }
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
        }
        let event = try Samples.event(5)
        api.ledger.update { state, now in
            state.receive(event, bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: now)
        }
        let ledger = api.ledger
        let first = try #require(try await api.history.status(of: event.id, for: .token("a")))
        let events = ProgressEvents(
            id: event.id, first: first, caller: .anybodyHere, tenant: .token("a"), ledger: ledger,
            history: api.history, authenticator: api.authenticator)
        var told: [String] = []
        for try await buffer in events {
            told.append(String(buffer: buffer))
            ledger.update { state, now in
                state.receive(Samples.acknowledgement(told.count == 1 ? "a" : "b", applied: [0: 1]), now: now)
            }
        }
        #expect(told.count == 3)
        #expect(told.map { $0.prefix { $0 != "\n" } } == ["event: progress", "event: progress", "event: confirmed"])
        for (text, applied) in zip(told, 0...) {
            #expect(text.hasSuffix("\n\n") && text.contains("\ndata: {"))
            #expect(text.contains(#""applied":\#(applied)"#), "\(text)")
        }
        try await api.run { client async throws in
            let done = try await client.ask(.get, "/v1/purges/\(event.id)/progress")
            #expect(done.headers[.contentType] == "text/event-stream")
            #expect(done.text.hasPrefix("event: confirmed\n"))
            let unknown = try Samples.id(6)
            #expect(try await client.ask(.get, "/v1/purges/\(unknown)/progress").status == 404)
            #expect(try await client.ask(.get, "/v1/purges/x/progress").code == "bad_id")
        }
    }

    /// Attack: open streams outlived a revocation.
    @Test func `a stream ends when its token is revoked`() async throws {
        let tokens = TestTokens()
        let api = try TestAPI(tokens: tokens.records)
        api.becomeReady()
        let event = try Samples.event(5)
        api.ledger.update { state, now in
            state.receive(event, bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: now)
        }
        let first = try #require(try await api.history.status(of: event.id, for: .token("a")))
        let events = ProgressEvents(
            id: event.id, first: first, caller: Caller(try #require(tokens.records.first)), tenant: .token("a"),
            ledger: api.ledger, history: api.history, authenticator: api.authenticator)
        var told = 0
        for try await _ in events {
            told += 1
            api.authenticator.replace(tokens: [])
        }
        #expect(told == 1)
    }
}
