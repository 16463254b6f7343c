import Logging
import Synchronization

/// Passes librdkafka's log lines on, each kind of warning once in a while: one outage makes dozens of them, from every
/// client and every broker.
final class KafkaLog: Sendable {
    private struct Kind {
        var last: ContinuousClock.Instant
        /// Lines that were left out since.
        var left = 0
    }

    private let logger: Logger
    private let kinds = Mutex<[String: Kind]>([:])

    /// Of one kind there is a warning at most this often; the others are logged at `debug`.
    static let interval = Duration.seconds(60)

    init(_ logger: Logger) { self.logger = logger }

    /// Passes a line on.
    ///
    /// - Parameters:
    ///   - syslog: librdkafka's level, 0 (emergency) to 7 (debug).
    ///   - facility: librdkafka's name of the kind of line.
    func log(syslog: Int, facility: String, text: String, now: ContinuousClock.Instant = .now) {
        var level = Self.level(ofKafka: syslog, facility: facility)
        var metadata: Logger.Metadata = ["kafka.facility": "\(facility)"]
        if level == .warning {
            let left = kinds.withLock { kinds -> Int? in
                if let kind = kinds[facility], kind.last.duration(to: now) < Self.interval {
                    kinds[facility]?.left += 1
                    return nil
                }
                return kinds.updateValue(Kind(last: now), forKey: facility)?.left ?? 0
            }
            if let left, left > 0 { metadata["left_out"] = "\(left)" }
            if left == nil { level = .debug }
        }
        logger.log(level: level, "\(text)", metadata: metadata)
    }

    /// The level at which a line of librdkafka is logged.
    static func level(ofKafka syslog: Int, facility: String) -> Logger.Level {
        // Producers and consumers share one map of properties: that some are for the other kind only is as it should
        // be.
        if facility == "CONFWARN" { return .debug }
        switch syslog {
        case ...2: return .critical
        // A broker that cannot be reached is an error to librdkafka each time it tries; it tries for ever.
        case 3...4: return .warning
        case 5...6: return .info
        default: return .debug
        }
    }
}
