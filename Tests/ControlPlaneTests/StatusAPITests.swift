import HTTPTypes
import HummingbirdTesting
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct StatusAPITests {
    @Test func `a purge is known as soon as it is accepted`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            for _ in 0..<20 {
                let id = try await client.purge(#"{"tags":["a"],"hosts":["example.com"]}"#).purgeID
                let status = try await client.ask(.get, "/v1/purges/\(id)")
                #expect(status.status == 200)
                #expect(status.json["state"] as? String == "pending")
                #expect(status.json["id"] as? String == id)
                #expect(status.json["confirmed_at"] == nil)
                #expect((status.json["selectors"] as? [String: [String]]) == ["tags": ["a"], "hosts": ["example.com"]])
                #expect((status.json["scope"] as? [String]) == ["example.com", "*.example.com"])
                #expect((status.json["agents"] as? [String: Int])?["expected"] == 1)
            }
        }
    }

    @Test func `a wait is answered by the confirmation`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
            async let waiting = client.ask(.get, "/v1/purges/\(id)?wait=5m")
            try await eventually("it is waited for") { api.ledger.waiterCount > 0 }
            api.ledger.update { state, now in
                state.receive(
                    Samples.acknowledgement("edge-1", applied: [0: 1], recent: [Samples.result(0, 0, removed: 3)]),
                    now: now)
            }
            let status = try await waiting
            #expect(status.json["state"] as? String == "confirmed")
            #expect(status.json["removed"] as? Int == 3 && status.json["bytes"] as? Int == 300)
            #expect(status.json["time_to_confirmed_ms"] as? Int != nil)
            #expect(status.json["confirmed_at"] as? String != nil)
            let agent = try #require((status.json["by_agent"] as? [[String: Any]])?.first)
            #expect(agent["standing"] as? String == "applied" && agent["took_us"] as? Int == 700)
            let short = try await client.ask(.get, "/v1/purges/\(id)?wait=5m&by_agent=false").json
            #expect(short["state"] as? String == "confirmed" && short["by_agent"] == nil)
            #expect((short["agents"] as? [String: Int])?["applied"] == 1)
        }
    }

    @Test func `a wait until it is effective is answered before it is confirmed`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
            async let waiting = client.ask(.get, "/v1/purges/\(id)?wait=5m&until=effective")
            async let confirmation = client.ask(.get, "/v1/purges/\(id)?wait=5m&until=confirmed")
            try await eventually("both wait") { api.ledger.waiterCount == 2 }
            func hear(_ applied: Int64) {
                api.ledger.update { state, now in
                    state.receive(
                        Samples.acknowledgement("edge-1", applied: [0: applied], effective: [0: 1]), now: now)
                }
            }
            hear(0)
            let status = try await waiting
            #expect(status.json["state"] as? String == "pending" && status.json["effective"] as? Bool == true)
            #expect(status.json["effective_at"] as? String != nil && status.json["confirmed_at"] == nil)
            #expect(status.json["time_to_effective_ms"] as? Int != nil)
            let agent = try #require((status.json["by_agent"] as? [[String: Any]])?.first)
            #expect(agent["standing"] as? String == "pending" && agent["effective"] as? Bool == true)
            #expect(api.ledger.waiterCount == 1)
            hear(1)
            #expect(try await confirmation.json["state"] as? String == "confirmed")
            // At once: it is effective.
            _ = try await client.ask(.get, "/v1/purges/\(id)?wait=5m&until=effective")
        }
    }

    @Test func `a wait that is over answers what is true then`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
            for wait in ["1ms", "0s", "0"] {
                let status = try await client.ask(.get, "/v1/purges/\(id)?wait=\(wait)")
                #expect(status.status == 200 && status.json["state"] as? String == "pending")
            }
        }
    }

    @Test func `ids and waits that are none are refused`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            let id = String(repeating: "0", count: 32)
            let starting = try await client.ask(.get, "/v1/purges/\(id)")
            #expect(starting.status == 503 && starting.code == "starting")
            api.becomeReady()
            let unknown = try await client.ask(.get, "/v1/purges/\(id)?wait=5m")
            #expect(unknown.status == 404 && unknown.code == "unknown_purge")
            #expect(try await client.ask(.get, "/v1/purges/xyz").code == "bad_id")
            for wait in ["", "-1s", "1h", "s", "1.5s", "99999999999999999999s", "%00"] {
                let answer = try await client.ask(.get, "/v1/purges/\(id)?wait=\(wait)")
                #expect(answer.status == 400 && answer.code == "bad_wait", "\(wait)")
            }
            for until in ["", "applied", "Effective", "%00"] {
                let answer = try await client.ask(.get, "/v1/purges/\(id)?until=\(until)")
                #expect(answer.status == 400 && answer.code == "bad_until", "\(until)")
            }
            let answer = try await client.ask(.get, "/v1/purges/\(id)?by_agent=maybe")
            #expect(answer.status == 400 && answer.code == "bad_by_agent")
            let nowhere = try await client.ask(.get, "/v1/nothing")
            #expect(nowhere.status == 404 && nowhere.code == "not_found")
        }
    }

    @Test func `agents, lag and zones are listed`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            _ = try await client.purge(#"{"tags":["a"]}"#)
            let agents = try await client.ask(.get, "/v1/agents")
            let agent = try #require((agents.json["agents"] as? [[String: Any]])?.first)
            #expect(agent["agent"] as? String == "edge-1" && agent["conflicted"] as? Bool == false)
            #expect(agent["status"] as? String == "live" && agent["fence"] as? String == "start")
            #expect((agent["counts"] as? [String: Int])?["objects_removed"] == 0)
            let lag = try await client.ask(.get, "/v1/lag")
            #expect((lag.json["agents"] as? [[String: Any]])?.first?["agent"] as? String == "edge-1")
            let zones = try await client.ask(.get, "/v1/zones")
            #expect(
                (zones.json["zones"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == [
                    "example.com", "other.org",
                ])
        }
    }

    @Test func `ready is said only after the acknowledgements were read`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            #expect(try await client.ask(.get, "/healthz").text == "ok")
            let before = try await client.ask(.get, "/readyz")
            #expect(before.status == 503 && before.message.contains("acknowledgements"))
            api.becomeReady()
            #expect(try await client.ask(.get, "/readyz").text == "ok")
        }
    }

    @Test func `durations are read as written and cut to five minutes`() {
        #expect(WaitDuration.parse("10s") == .seconds(10))
        #expect(WaitDuration.parse("500ms") == .milliseconds(500))
        #expect(WaitDuration.parse("1m") == .seconds(60))
        #expect(WaitDuration.parse("7") == .seconds(7))
        #expect(WaitDuration.parse("999999999m") == .seconds(300))
        #expect(WaitDuration.parse("١s") == nil)
    }
}
