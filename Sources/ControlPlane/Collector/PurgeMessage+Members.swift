import PurgeModel

extension PurgeMessage {
    /// That agents have files which a purge cannot see; nil where they have none.
    static func unmatched(_ count: UnmatchedCount, of expected: Int) -> PurgeMessage? {
        guard count.agents > 0 else { return nil }
        let agents = "\(count.agents) of \(expected) agent\(expected == 1 ? "" : "s")"
        let files = "\(count.files) file\(count.files == 1 ? "" : "s")"
        return PurgeMessage(
            .unmatched,
            "\(agents) \(count.agents == 1 ? "has" : "have") objects that this purge cannot see: \(files) "
                + "fit no cache_key of the agent's configuration, or are not known yet. "
                + "Visitors may still get what it names. GET /v1/agents tells which agents.")
    }

    /// That it is not known yet who has to apply a purge.
    static let agentsUnknown = PurgeMessage(
        .agentsUnknown,
        "The control plane has not read yet which agents there are: more than it counts here may have to apply this "
            + "purge, and nothing is confirmed before it knows.")

    /// That nobody had anything stored that a purge names.
    ///
    /// - Parameter near: what an agent has stored next to it.
    static func matchedNothing(_ selectors: Selectors, agents: Int, near: Neighbour?) -> PurgeMessage {
        let hint =
            near.map { " Stored is \(QuotedValue($0.description)): was that meant?" }
            ?? " A slash at the end, www. and a query make another URL: is it the one that is stored?"
        let who = agents == 1 ? "the agent had nothing" : "none of the \(agents) agents had anything"
        return PurgeMessage(
            .matchedNothing,
            "It matched nothing: \(who) stored that it names.\(selectors.namesPlaces ? hint : "")")
    }
}

extension Selectors {
    /// Whether files whose names are not known are out of reach: only everything, or a tag, in every scope finds them.
    func missUnmatched(in scope: Scope) -> Bool { namesPlaces || scope != .all }
}
