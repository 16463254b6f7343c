import Logging
import PurgeModel

// What each room gets of the configuration: none of them knows more of it.

extension ControlConfiguration {
    /// An event takes about so many times the bytes of its message in memory.
    private static let eventExpansion = 3

    /// What bounds the collector.
    var collectorSettings: CollectorSettings {
        CollectorSettings(
            purgesMax: memoryPurgesMax, bytesMax: memoryBytesMax / Self.eventExpansion, detailsMax: memoryDetailsMax,
            instanceWindow: instanceWindow, confirmationMargin: confirmationMargin,
            expire: agentExpiry, keepsHistory: true)
    }

    /// What bounds the history on disk.
    var historyLimits: HistoryLimits {
        HistoryLimits(window: historyWindow, purgesMax: historyPurgesMax, bytesMax: historyBytesMax)
    }
}

extension PurgeHistory {
    /// Opens the state directory of a configuration, and a ledger that begins with the history in it.
    ///
    /// Blocks. Throws ``ControlStoreError`` when the directory cannot be used.
    static func open(
        _ configuration: ControlConfiguration, wallClock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws -> (ControlStore, PurgeLedger, PurgeHistory) {
        try open(
            directory: configuration.stateDirectory, limits: configuration.historyLimits,
            settings: configuration.collectorSettings, wallClock: wallClock, logger: logger)
    }
}

extension Collector {
    /// Prepares the collector of a configuration; nothing is read before ``run()``.
    init(configuration: ControlConfiguration, ledger: PurgeLedger, logger: Logger) {
        self.init(
            kafka: configuration.kafka, topics: configuration.topics, window: configuration.historyWindow,
            ledger: ledger, logger: logger)
    }
}
