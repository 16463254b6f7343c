import PurgeModel

/// What is needed to take up a purge that waited.
struct PurgeResumption: Sendable {
    let event: PurgeEvent
    /// Objects of a later date are newer than the purge, in seconds since 1970; nil: nobody knows which are.
    let newestDate: UInt32?
}

extension PurgeResumption {
    /// - Parameter until: when every fill had landed that may be older, in milliseconds since 1970.
    init(_ event: PurgeEvent, until: Int64, clockSkewMax: Duration) {
        let newest = Timestamp(milliseconds: until).advanced(by: clockSkewMax)
        self.init(event: event, newestDate: UInt32(clamping: newest.milliseconds / 1000))
    }
}
