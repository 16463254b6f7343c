import PurgeModel

/// One moment on the clocks of this process.
///
/// The state never looks at a clock itself, so a test can replay any day.
struct CollectorInstant: Sendable, Hashable {
    /// Since some fixed moment; never goes back.
    ///
    /// Every decision uses this one.
    let monotonic: Duration
    /// What is shown and compared with the times that others wrote.
    let wall: Timestamp
}
