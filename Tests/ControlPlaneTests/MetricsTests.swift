import Foundation
import HTTPTypes
import HummingbirdTesting
import PrometheusText
import PurgeModel
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct MetricsTests {
    @Test func `the catalogue keeps to the rules`() {
        #expect(ControlMetrics.catalogue.problems.isEmpty, "\(ControlMetrics.catalogue.problems)")
    }

    private func metrics(_ client: any TestClientProtocol) async throws -> String {
        let answer = try await client.ask(.get, "/metrics")
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == MetricWriter.contentType)
        return answer.text
    }

    @Test func `everything that is written is in the catalogue, once, and in its order`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            let text = try await metrics(client)
            let declared = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .map { String($0.split(separator: " ")[2]) }
            #expect(declared == ControlMetrics.catalogue.metrics.map(\.name))
            let names = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                .map { String($0.prefix { $0 != "{" && $0 != " " }) }
            #expect(Set(names).isSubset(of: ControlMetrics.catalogue.sampleNames))
        }
    }

    @Test func `requests are counted by route, never by path`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
            for _ in 0..<2 { _ = try await client.ask(.get, "/v1/purges/\(id)") }
            _ = try await client.ask(.get, "/v1/purges/\(id)?wait=1ms")
            _ = try await client.ask(.get, "/v1/purges/nonsense")
            for number in 0..<300 { _ = try await client.ask(.get, "/nothing/\(number)") }
            let text = try await metrics(client)
            let count = { (line: String) in text.contains("\nedge_purge_control_http_requests_total\(line)\n") }
            #expect(count(#"{route="/v1/purges/{id}",code="2xx"} 2"#), "\(text)")
            #expect(count(#"{route="/v1/purges/{id}?wait",code="2xx"} 1"#), "\(text)")
            #expect(count(#"{route="/v1/purges/{id}",code="4xx"} 1"#), "\(text)")
            #expect(count(#"{route="NotFound",code="4xx"} 300"#), "\(text)")
            #expect(!text.contains("nothing/") && !text.contains(id))
        }
    }

    @Test func `what is refused is counted by token and reason, and by nothing that is made up`() async throws {
        let tokens = TestTokens()
        let api = try TestAPI(tokens: tokens.records)
        api.becomeReady()
        try await api.run { [tokens] client async throws in
            for _ in 0..<3 { _ = try await client.ask(.get, "/v1/agents") }
            _ = try await client.ask(.get, "/v1/agents", headers: tokens.headers("deploy"))
            _ = try await client.ask(.get, "/metrics", headers: tokens.headers("deploy"))
            let text = try await client.ask(.get, "/metrics", headers: tokens.headers("reader")).text
            let refused = text.split(separator: "\n").filter { $0.hasPrefix("edge_purge_control_refused_total") }
            #expect(
                refused == [
                    #"edge_purge_control_refused_total{tenant="deploy",reason="access"} 2"#,
                    #"edge_purge_control_refused_total{tenant="none",reason="access"} 3"#,
                ])
        }
    }

    @Test func `purges are counted when Kafka has them, and when it has not`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            _ = try await client.purge(#"{"tags":["a"]}"#)
            _ = try await client.purge(#"{"hosts":["example.com"]}"#, endpoint: "invalidate_cache")
            for outcome in [PurgeProducerError.Outcome.notStored, .unknown, .unknown] {
                api.producer.fail(with: PurgeProducerError(outcome: outcome, message: "no"))
                _ = try await client.purge(#"{"tags":["a"]}"#)
            }
            let text = try await metrics(client)
            #expect(text.contains(#"purges_accepted_total{selector="tag",mode="delete"} 1"#))
            #expect(text.contains(#"purges_accepted_total{selector="host",mode="invalidate"} 1"#))
            #expect(text.contains(#"produce_failures_total{outcome="not_stored"} 1"#))
            #expect(text.contains(#"produce_failures_total{outcome="unknown"} 2"#))
        }
    }

    @Test func `the time to confirmed counts what this process saw, once for each purge`() throws {
        let ledger = PurgeLedger(settings: .init(), wallClock: { Timestamp(milliseconds: 1_700_000_002_000) })
        let old = try Samples.event(1)
        let new = try Samples.event(2)
        ledger.update { state, now in
            state.receive(Samples.acknowledgement("a", applied: [0: 1]), now: now)
            state.receive(old, bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: now)
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
        }
        #expect(ledger.times.confirmed.snapshot.count == 0)
        ledger.update { state, now in
            state.receive(new, bytes: 1, at: PurgePosition(partition: 0, offset: 1), now: now)
        }
        for _ in 0..<2 {
            ledger.update { state, now in state.receive(Samples.acknowledgement("a", applied: [0: 2]), now: now) }
        }
        #expect(ledger.times.confirmed.snapshot.count == 1)
        #expect(ledger.times.confirmed.snapshot.sum == 2)
    }
}
