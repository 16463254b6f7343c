/// The answer of an agent's `POST /v1/verify`, `/v1/rebuild` and `/v1/flush`, and of `GET /v1/tasks/{id}`.
package struct UpkeepAnswer: Codable, Sendable, Hashable {
    /// What an agent was asked to do with its index or caches.
    package enum Kind: String, Codable, Sendable {
        case verify, rebuild, flush
    }

    /// How far it is.
    package enum State: String, Codable, Sendable {
        case waiting, running, done
    }

    /// One task.
    package struct Task: Codable, Sendable, Hashable {
        private enum CodingKeys: String, CodingKey {
            case id, kind, state, handled, report
            case acceptedAt = "accepted_at"
            case endedAt = "ended_at"
        }

        /// Counts from 1 since the agent started.
        package let id: Int
        package let kind: Kind
        package let state: State
        package let acceptedAt: Timestamp
        package let endedAt: Timestamp?
        /// Files and index entries looked at, or objects flushed.
        package let handled: Int
        /// `verify`: what was found and repaired.
        package let report: VerificationAnswer?

        package init(
            id: Int, kind: Kind, state: State, acceptedAt: Timestamp, endedAt: Timestamp? = nil, handled: Int,
            report: VerificationAnswer? = nil
        ) {
            self.id = id
            self.kind = kind
            self.state = state
            self.acceptedAt = acceptedAt
            self.endedAt = endedAt
            self.handled = handled
            self.report = report
        }
    }

    private enum CodingKeys: String, CodingKey {
        case task, problem
    }

    package let task: Task
    /// What keeps the agent from going on.
    package let problem: String?

    package init(task: Task, problem: String? = nil) {
        self.task = task
        self.problem = problem
    }
}
