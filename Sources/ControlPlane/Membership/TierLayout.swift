import PurgeModel

/// Which agents are in which tier, and which tiers fill from which.
struct TierLayout: Sendable {
    private struct Tier {
        var members: [Int] = []
        var guardTime: Duration = .zero
        var above: Set<String> = []

        mutating func add(_ member: Int, _ told: AgentTier) {
            members.append(member)
            guardTime = max(guardTime, told.guardTime)
            if let name = told.above { above.insert(name) }
        }
    }

    /// Tiers that others fill from and that are told of, the first in the order of their names.
    ///
    /// A message a second is written for each. A site has a handful; more come from a template that names each machine.
    static let sourcesMax = 256

    private var tiers: [String: Tier] = [:]
    private var tierOf: [Int: String] = [:]
    /// Tiers that others fill from, by name.
    let sources: [String]
    /// Why no purge waits for a tier that others fill from, by its name; for people.
    let problems: [String: String]

    /// Nobody has a tier.
    init() { (sources, problems) = ([], [:]) }

    /// What the members say of themselves.
    init(_ members: Members) {
        var tiers: [String: Tier] = [:]
        for (index, agent) in members.all.enumerated() where agent.isMember {
            guard let told = agent.acknowledgement.tier else { continue }
            tierOf[index] = told.name
            tiers[told.name, default: Tier()].add(index, told)
        }
        self.tiers = tiers
        sources = Set(tiers.values.flatMap(\.above)).sorted().prefix(Self.sourcesMax).map(\.self)
        problems = Dictionary(
            sources.compactMap { name in Self.problem(of: name, in: tiers).map { (name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Every tier that an agent has, or that others fill from, by name.
    var names: [String] { Set(tiers.keys).union(sources).sorted() }

    /// The agents of a tier, by their index.
    func members(of name: String) -> [Int] { tiers[name]?.members ?? [] }

    /// The tier of an agent; nil for one that has none.
    func tier(of agent: Int) -> String? { tierOf[agent] }

    /// The longest guard time of a tier's agents.
    func guardTime(of name: String) -> Duration { tiers[name]?.guardTime ?? .zero }

    /// What is wrong with where an agent stands; for people.
    func problem(of agent: AgentTier) -> String? {
        let above = tiers[agent.name]?.above.sorted() ?? []
        if above.count > 1 {
            let names = above.prefix(5).map { QuotedValue($0).description }.joined(separator: ", ")
            return
                "the agents of tier \(QuotedValue(agent.name)) name \(above.count) tiers above (\(names)); each waits "
                + "for its own. Give them the same tier.above, or another tier.name"
        }
        guard let name = agent.above else {
            guard !sources.isEmpty, !sources.contains(agent.name) else { return nil }
            return "nothing fills from tier \(QuotedValue(agent.name)), and it fills from no other. Is tier.name right?"
        }
        if let problem = problems[name] { return problem }
        guard !sources.contains(name) else { return nil }
        return "there are more than \(Self.sourcesMax) tiers that others fill from; purges wait here until there are "
            + "fewer. Does tier.above name a machine instead of a tier?"
    }

    private static func problem(of name: String, in tiers: [String: Tier]) -> String? {
        let quoted = QuotedValue(name)
        guard tiers[name] != nil else {
            return
                "no agent is in tier \(quoted), so purges do not wait for it. Is tier.above right, and do the agents "
                + "of that tier say tier.name?"
        }
        // Everything that it fills from, by whatever way.
        var reached: Set<String> = []
        var next = tiers[name]?.above.sorted() ?? []
        while let tier = next.popLast() {
            guard tier != name else {
                return "tier \(quoted) fills from itself, by way of other tiers or at once, so purges do not wait for "
                    + "it. Correct tier.above of the agents"
            }
            if reached.insert(tier).inserted { next += tiers[tier]?.above.sorted() ?? [] }
        }
        return nil
    }
}

extension AgentTier {
    /// Where the agent stands, without what changes with each purge.
    var place: AgentTier {
        var place = self
        place.waiting = 0
        return place
    }
}
