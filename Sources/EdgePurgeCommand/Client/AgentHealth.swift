import PurgeModel

/// How an agent is, in one word; the worst come first.
enum AgentHealth: Int, Comparable {
    case conflict, unheard, silent, problem, fenced, catchingUp, starting, stopping, drained, live

    /// How long an agent may be silent before it counts as missing.
    private static let silenceMaxMs: Int64 = 10_000

    /// What an agent tells of itself, and what it does not tell any more.
    init(of agent: AgentList.Agent) {
        if agent.conflicted {
            self = .conflict
        } else if agent.status == AgentList.unheard {
            self = .unheard
        } else if agent.drained {
            self = .drained
        } else if (agent.silenceMs ?? 0) > Self.silenceMaxMs {
            self = .silent
        } else if agent.problem != nil {
            self = .problem
        } else if agent.fenced || agent.status == "fenced" {
            self = .fenced
        } else {
            switch agent.status {
            case "catching_up": self = .catchingUp
            case "starting": self = .starting
            case "draining": self = .stopping
            default: self = .live
            }
        }
    }

    static func < (left: AgentHealth, right: AgentHealth) -> Bool { left.rawValue < right.rawValue }

    /// The word for a table.
    var word: String {
        switch self {
        case .conflict: "CONFLICT"
        case .unheard: "never heard"
        case .silent: "SILENT"
        case .problem: "PROBLEM"
        case .fenced: "fenced"
        case .catchingUp: "catching up"
        case .starting: "starting"
        case .stopping: "stopping"
        case .drained: "drained"
        case .live: "live"
        }
    }

    /// Whether somebody has to do something.
    var isBad: Bool { self <= .problem }
    /// Whether it is on its way to be well.
    var isPassing: Bool { (.fenced)...(.starting) ~= self }
}
