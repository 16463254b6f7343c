/// Files that belong together, and what to do when one of them has changed.
struct WatchedFiles: Sendable {
    /// What they are, for the log: `tokens`.
    let name: String
    /// Their paths.
    let paths: [String]
    /// Reads them and lets them take effect; throws when they cannot be used, and then the old ones stay in force.
    let reload: @Sendable () throws -> Void
}
