/// What bounds the history on disk; beyond a limit the oldest purges go.
struct HistoryLimits: Sendable {
    /// By the time of acceptance.
    var window: Duration
    var purgesMax: Int
    /// About what they take before compression.
    var bytesMax: Int
}
