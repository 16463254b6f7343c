/// An order to an agent, as text: `{"id":…,"accepted_at":…,"order":{"drain":"edge-1"}}`.
struct WireOrder {
    var id: String?
    var acceptedAt: String?
    /// The members of `order` that are actions, with the agents they name.
    var actions: [AgentOrder.Action: String]
    /// Whether it names something to purge as well.
    var hasSelectors: Bool

    init(_ container: WireContainer) throws {
        id = try container.string("id")
        acceptedAt = try container.string("accepted_at")
        actions = try container.field("order", Actions.self, expected: "an object")?.actions ?? [:]
        hasSelectors = try container.holds("selectors")
    }

    private struct Actions: Decodable {
        var actions: [AgentOrder.Action: String] = [:]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: WireKey.self)
            for action in AgentOrder.Action.allCases {
                actions[action] = try container.string(action.rawValue)
            }
        }
    }

    /// Checks all fields and makes the order.
    func order() throws(PurgeEventError) -> AgentOrder {
        guard !hasSelectors else {
            throw PurgeEventError(
                .invalidField, "order stands beside selectors; a message is an order or a purge, never both.")
        }
        guard let (action, agent) = actions.first else {
            throw PurgeEventError(.missingField, "order names nothing to do; known are drain and resume.")
        }
        guard actions.count == 1 else {
            throw PurgeEventError(.invalidField, "order has both drain and resume; send one after the other.")
        }
        guard AgentOrder.isAgentName(agent) else {
            throw PurgeEventError(
                .invalidField,
                "order.\(action.rawValue) is \(QuotedValue(agent)); it must be the name of an agent, "
                    + "1 to 128 of A-Z a-z 0-9 . _ -")
        }
        var draft = PurgeEventDraft()
        draft.id = id.map(PurgeEventDraft.PurgeIDText.own)
        draft.acceptedAt = acceptedAt.map { ("accepted_at", $0) }
        return AgentOrder(
            id: try draft.checkedID(), acceptedAt: try draft.checkedTime(), action: action, agent: agent)
    }
}
