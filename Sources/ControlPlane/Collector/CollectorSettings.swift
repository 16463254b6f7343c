/// What bounds and tunes the collector.
struct CollectorSettings: Sendable {
    /// Purges kept in memory.
    var purgesMax = 100_000
    /// Bytes of their events.
    var bytesMax = 256 << 20
    /// What single agents told about single purges.
    var detailsMax = 2_000_000
    /// How long one instance of an agent must speak alone before it is believed.
    var instanceWindow: Duration = .seconds(3)
    /// Added to an agent's lease before its silence counts as fenced.
    var confirmationMargin: Duration = .seconds(2)
    /// How long an agent may be silent before it leaves the set; nil: for ever.
    var expire: Duration?
    /// Whether changes are kept until ``CollectorState/takeChanges()`` hands them to the history.
    var keepsHistory = false
}
