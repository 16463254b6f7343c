import Logging

/// The keys `log.…`.
enum LogSettings {
    /// Reads how much is logged.
    static func level(_ settings: SettingsReader) -> Logger.Level {
        settings.choice("log.level", default: .info, Logger.Level.allCases.map { ($0.rawValue, $0) })
    }
}
