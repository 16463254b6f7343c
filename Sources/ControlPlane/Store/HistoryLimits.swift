/// What bounds the history on disk; beyond a limit the oldest purges go.
struct HistoryLimits: Sendable {
    /// By the time of acceptance.
    let window: Duration
    let purgesMax: Int
    /// About what they take before compression.
    let bytesMax: Int
}
