import PurgeModel

extension AgentCounts {
    /// Agents that need not be waited for any more.
    var done: Int { applied + safe }
}

extension AgentShare {
    /// Where the agent stands; `effective` where it refuses what it has not applied yet; with the tier above that it
    /// waits for.
    var standingWord: String {
        let word = effective == true && !standing.isDone ? "effective" : standing.rawValue
        return waitsForTier.map { "\(word), waits for tier \($0)" } ?? word
    }
}

extension PurgeStatus {
    /// Whether no cache in service can answer with what was purged.
    var isConfirmed: Bool { state == .confirmed }

    /// Whether it has got so far; a control plane of version 0.1.0 does not tell what is effective.
    func hasReached(_ milestone: Milestone) -> Bool {
        isConfirmed || milestone == .effective && effective == true
    }

    /// How much earlier it was effective than applied everywhere: `, effective after 3 ms`; empty where nobody asks.
    var effectiveText: String {
        guard let effective = timeToEffectiveMs, effective != timeToConfirmedMs else { return "" }
        return ", effective after \(DurationText.approximate(milliseconds: effective))"
    }

    /// The live line while waiting, and its first words when done: `2/3 agents, 12 ms`.
    func line(elapsed milliseconds: Int64) -> String {
        let time = DurationText.approximate(milliseconds: timeToConfirmedMs ?? milliseconds)
        return "\(agents.done)/\(agents.expected) agents, \(time)"
    }

    /// `confirmed`, `effective`, `pending`, or `STUCK` where an agent has to be looked at first.
    var stateWord: String {
        let isStuck = !isConfirmed && agents.missing + agents.conflicted > 0
        return isStuck ? "STUCK" : !isConfirmed && effective == true ? "effective" : state.rawValue
    }

    /// How long it took; empty while it is not confirmed.
    var tookText: String {
        timeToConfirmedMs.map { DurationText.approximate(milliseconds: $0) } ?? ""
    }

    /// When it was accepted, in UTC to the second: `2026-11-21 10:12:45`.
    var acceptedText: String {
        String(acceptedAt.prefix(19).map { $0 == "T" ? " " : $0 })
    }

    /// What was removed: `42 objects, 1.2 MiB`.
    var removedText: String {
        "\(removed) object\(removed == 1 ? "" : "s"), \(ByteSizeText.approximate(Int(clamping: bytes)))"
    }
}
