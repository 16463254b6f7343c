/// The answer of `POST /v1/agents/{agent}/drain` and `/resume`: Kafka has the order.
package struct AgentOrderAnswer: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case id, agent, order
    }

    /// The id of the order, 32 hexadecimal digits.
    package let id: String
    package let agent: String
    /// `drain` or `resume`.
    package let order: String

    package init(id: String, agent: String, order: String) {
        self.id = id
        self.agent = agent
        self.order = order
    }
}
