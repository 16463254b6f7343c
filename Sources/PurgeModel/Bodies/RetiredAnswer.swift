/// The answer of `DELETE /v1/agents/{agent}`: the agent is not expected any more.
package struct RetiredAnswer: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case agent, retired
    }

    package let agent: String
    /// Always true.
    package let retired: Bool

    package init(agent: String) {
        self.agent = agent
        retired = true
    }
}
