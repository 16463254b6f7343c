/// What an operator tells one agent to do, sent on `purge.events` so that it needs no way of its own to the machine.
///
/// It is no purge: every agent counts its offset as applied at once, and the one that is named acts.
package struct AgentOrder: Sendable, Hashable {
    /// What to do.
    package enum Action: String, Sendable, Hashable, CaseIterable {
        /// Fence the caches and leave the set, for planned work.
        case drain
        /// Come back: catch up, then lift the fence.
        case resume
    }

    package var id: PurgeID

    /// When it was accepted, by the clock of whoever accepted it.
    package var acceptedAt: Timestamp
    package var action: Action

    /// The agent's name; also the Kafka key.
    package var agent: String

    package init(id: PurgeID, acceptedAt: Timestamp, action: Action, agent: String) {
        self.id = id
        self.acceptedAt = acceptedAt
        self.action = action
        self.agent = agent
    }

    /// Whether a text can be an agent's name: 1 to 128 of `A-Z a-z 0-9 . _ -`, what `agent.id` may be.
    package static func isAgentName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
