import Hummingbird
import PurgeModel

/// `POST /v1/agents/{agent}/drain` and `/resume`: takes a machine out for planned work, and back.
///
/// They answer when Kafka has the order; `GET /v1/agents` tells when the agent has followed it.
struct AgentOrderRoutes: Sendable {
    let producer: any PurgeProducer
    let ledger: PurgeLedger

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        for action in AgentOrder.Action.allCases {
            router.post("v1/agents/:agent/\(action.rawValue)") { _, context in
                try await send(action, to: context.agent)
            }
        }
    }

    private func send(_ action: AgentOrder.Action, to agent: String) async throws -> Response {
        let isMember = ledger.read { state, _ in state.isMember(agent) }
        guard isMember, AgentOrder.isAgentName(agent) else {
            throw APIError(
                .notFound, "unknown_agent",
                "no agent '\(agent.quotable)' has acknowledged anything; GET /v1/agents lists those that have"
            )
        }
        var generator = SystemRandomNumberGenerator()
        let order = AgentOrder(
            id: .random(using: &generator), acceptedAt: ledger.now().wall, action: action, agent: agent)
        do throws(PurgeProducerError) {
            try await producer.produce(order)
        } catch {
            throw APIError(.serviceUnavailable, "not_stored", error.message, retryAfterSeconds: 1)
        }
        return try JSONResponse.make(
            AgentOrderAnswer(id: order.id.description, agent: agent, order: action.rawValue), status: .accepted)
    }
}
