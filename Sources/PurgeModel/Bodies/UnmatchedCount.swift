/// Files that a purge cannot see, as the agents said last.
package struct UnmatchedCount: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case agents, files
    }

    /// Agents that have such files.
    package private(set) var agents: Int
    /// How many, over all agents.
    package private(set) var files: Int64

    package init(agents: Int = 0, files: Int64 = 0) {
        self.agents = agents
        self.files = files
    }

    /// Counts the files of one more agent.
    package mutating func add(_ files: Int64) {
        guard files > 0 else { return }
        agents += 1
        // Numbers from outside must not trap here.
        let (sum, overflow) = self.files.addingReportingOverflow(files)
        self.files = overflow ? .max : sum
    }
}
