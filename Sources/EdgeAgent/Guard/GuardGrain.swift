/// How exactly a guard says what its purge names.
///
/// A coarser guard needs few names, whatever its purge names, and means all of that and more. What it catches is judged
/// by time as ever: so it costs an extra miss of what lies beside, and never lets anything old stay.
enum GuardGrain: CaseIterable {
    /// What the purge names.
    case exact
    /// Whole hosts: those that the purge names, and its scope where it has tags.
    case hosts
    /// Everything in the purge's scope; its hosts where it has none.
    case scope
    /// Everything.
    case all
}
