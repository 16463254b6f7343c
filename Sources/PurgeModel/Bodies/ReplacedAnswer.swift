/// The answer of `POST /v1/agents/{agent}/replace`: the name belongs to another machine.
package struct ReplacedAnswer: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case agent, machine, replaced
    }

    package let agent: String
    /// The identity of the machine that has the name now.
    package let machine: String
    /// Always true.
    package let replaced: Bool

    package init(agent: String, machine: String) {
        self.agent = agent
        self.machine = machine
        replaced = true
    }
}
