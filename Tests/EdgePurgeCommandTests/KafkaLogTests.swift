import Logging
import Synchronization
import Testing

@testable import EdgePurgeCommand

@Suite struct KafkaLogTests {
    private final class Lines: Sendable {
        let lines = Mutex<[String]>([])
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let left = event.metadata?["left_out"].map { ", left out \($0)" } ?? ""
            lines.lines.withLock { $0.append("\(event.level): \(event.message)\(left)") }
        }
    }

    /// Attack: one outage wrote 24 to 31 warnings a process.
    @Test func `of an outage there is one warning of each kind, and the next says how many were left out`() {
        let lines = Lines()
        let log = KafkaLog(Logger(label: "test") { _ in Handler(lines: lines) })
        let start = ContinuousClock.now
        for second in 0..<30 {
            log.log(syslog: 3, facility: "FAIL", text: "refused", now: start + .seconds(second))
            log.log(syslog: 4, facility: "ERROR", text: "down", now: start + .seconds(second))
        }
        log.log(syslog: 5, facility: "PARTCNT", text: "changed", now: start + .seconds(30))
        log.log(syslog: 3, facility: "FAIL", text: "refused", now: start + .seconds(61))
        log.log(syslog: 2, facility: "FAIL", text: "for good", now: start + .seconds(62))
        #expect(
            lines.lines.withLock { $0 } == [
                "warning: refused", "warning: down", "info: changed", "warning: refused, left out 29",
                "critical: for good",
            ])
    }
}
