import PurgeModel

/// Something that an operator asked the agent to do with its index or caches, and how far it is.
struct UpkeepTask: Sendable, Encodable {
    enum Kind: String, Sendable, Encodable {
        case verify, rebuild, flush
    }

    enum State: String, Sendable, Encodable {
        case waiting, running, done
    }

    /// Counts from 1 since the agent started.
    let id: Int
    let kind: Kind
    var state = State.waiting
    let acceptedAt: Timestamp
    var endedAt: Timestamp?
    /// Files and index entries looked at, or objects flushed.
    var handled = 0
    /// `verify`: what was found and repaired.
    var report: VerificationReport?

    private enum CodingKeys: String, CodingKey {
        case id, kind, state, handled, report
        case acceptedAt = "accepted_at"
        case endedAt = "ended_at"
    }

    init(id: Int, kind: Kind, acceptedAt: Timestamp) {
        self.id = id
        self.kind = kind
        self.acceptedAt = acceptedAt
    }
}
