import HTTPTypes
import HummingbirdTesting
import PurgeModel
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct AgentOrderAPITests {
    @Test(arguments: AgentOrder.Action.allCases)
    func `an order to an agent goes to Kafka`(action: AgentOrder.Action) async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            let answer = try await client.ask(.post, "/v1/agents/edge-1/\(action.rawValue)")
            #expect(answer.status == 202)
            let order = try #require(api.producer.orders.first)
            #expect(order.action == action && order.agent == "edge-1")
            #expect(answer.json["id"] as? String == order.id.description)
            #expect(answer.json["order"] as? String == action.rawValue)
        }
        #expect(api.producer.events.isEmpty)
    }

    @Test func `an agent nobody knows is not ordered about`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        try await api.run { client async throws in
            for name in ["edge-2", "%20", "edge-1%00"] {
                let answer = try await client.ask(.post, "/v1/agents/\(name)/drain")
                #expect(answer.status == 404 && answer.code == "unknown_agent", "\(name)")
            }
        }
        #expect(api.producer.orders.isEmpty)
    }

    @Test func `an order that Kafka does not take is not accepted`() async throws {
        let api = try TestAPI()
        api.becomeReady()
        api.producer.fail(with: PurgeProducerError(outcome: .notStored, message: "Kafka is away"))
        try await api.run { client async throws in
            let answer = try await client.ask(.post, "/v1/agents/edge-1/drain")
            #expect(answer.status == 503 && answer.code == "not_stored" && answer.message == "Kafka is away")
        }
    }

    @Test func `only an admin orders`() async throws {
        let tokens = TestTokens()
        let api = try TestAPI(tokens: tokens.records)
        api.becomeReady()
        try await api.run { client async throws in
            for name in [nil, "reader", "deploy", "everywhere"] {
                let answer = try await client.ask(.post, "/v1/agents/edge-1/drain", headers: tokens.headers(name))
                #expect(answer.status == (name == nil ? 401 : 403), "\(name ?? "nobody")")
            }
            #expect(api.producer.orders.isEmpty)
            let answer = try await client.ask(.post, "/v1/agents/edge-1/drain", headers: tokens.headers("operator"))
            #expect(answer.status == 202)
        }
        #expect(api.producer.orders.count == 1)
    }
}
