/// What became of one object that was to be marked deleted or stale.
enum MarkOutcome: Sendable {
    /// It is deleted or stale now.
    case purged
    /// There was nothing to do: it was stale already.
    case alreadyStale
    /// It is gone.
    case absent
    /// Another object has its place now; that one is not the purge's to touch.
    case replaced
}
