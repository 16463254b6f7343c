/// One file that set-up makes or changes.
struct SetupChange: Sendable, Equatable {
    /// Its path, as nginx or the command line has it.
    let path: String
    /// What is there now; nil: nothing.
    let old: String?
    let new: String

    /// What differs, for people and for `patch`.
    var diff: String { UnifiedDiff.text(old, new, path: path) }
}
