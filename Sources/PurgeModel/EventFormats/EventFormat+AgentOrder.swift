extension EventFormat {
    /// An order to an agent: `{"id":…,"accepted_at":…,"order":{"drain":"edge-1"}}`.
    static let agentOrder = EventFormat(
        name: "agent-order",
        refusalInEnvelope: "An order is wrapped in a CloudEvent; send it as it is.",
        detects: { source throws(PurgeEventError) in try source.fields.holds("order") },
        draft: { source throws(PurgeEventError) in
            let fields = source.fields
            var draft = PurgeEventDraft()
            draft.id = try fields.string("id").map(PurgeEventDraft.PurgeIDText.own)
            draft.acceptedAt = try fields.string("accepted_at").map { ("accepted_at", $0) }
            guard try !fields.holds("selectors") else {
                throw PurgeEventError(
                    .invalidField, "order stands beside selectors; a message is an order or a purge, never both.")
            }
            let (action, agent) = try order(in: fields)
            return .order(
                AgentOrder(
                    id: try draft.checkedID(), acceptedAt: try draft.checkedTime(), action: action, agent: agent))
        }
    )

    /// The one action that the member `order` has, and the agent it is for.
    private static func order(in fields: WireFields) throws(PurgeEventError) -> (AgentOrder.Action, agent: String) {
        let members = try fields.object("order")
        var actions: [(AgentOrder.Action, agent: String)] = []
        for action in AgentOrder.Action.allCases {
            if let agent = try members?.string(action.rawValue) { actions.append((action, agent)) }
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
        return (action, agent)
    }
}
