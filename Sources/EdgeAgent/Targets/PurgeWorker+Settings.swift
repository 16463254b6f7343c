import PurgeModel

extension PurgeWorker {
    /// What the worker needs of the agent's configuration.
    struct Settings: Sendable {
        /// Longest time between an origin's answer being requested and stored.
        var guardWindow: Duration
        var clockSkewMax: Duration
    }
}

extension PurgeWorker.Settings {
    /// Objects of a later date are newer than a purge that was accepted then: seconds since 1970.
    func newestDate(_ acceptedAt: Timestamp) -> UInt32 {
        UInt32(clamping: acceptedAt.advanced(by: guardWindow + clockSkewMax).milliseconds / 1000)
    }
}
