import PurgeModel

/// What is needed to take up a purge that waited.
struct PurgeResumption: Sendable {
    let event: PurgeEvent
    /// Objects of a later date are newer than the purge, in seconds since 1970; nil: nobody knows which are.
    let newestDate: UInt32?
}
