/// Which time a purge goes through the caches.
enum PurgePass: Hashable, Sendable {
    /// There is only one: the caches fill from the origin.
    case only
    /// The tier above has not applied it yet: what is stored meanwhile may come from there, and be old.
    case first
    /// The tier above has applied it, and may answer with what is older for `guardTime` more.
    case last(guardTime: Duration)

    /// Whether it is not the one that a tier above was waited for.
    var isFirst: Bool { if case .last = self { false } else { true } }

    /// For how long the tier above may still answer with what is older.
    var guardTime: Duration { if case .last(let time) = self { time } else { .zero } }
}
