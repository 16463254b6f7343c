import PurgeModel

/// What is needed to take up a purge that waited.
struct PurgeResumption: Sendable {
    let event: PurgeEvent
    /// Objects of a later date are newer than the purge: seconds since 1970.
    let newestDate: UInt32
}
