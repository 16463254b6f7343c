import Logging
import Synchronization
import Testing

@testable import EdgePurgeCommand

@Suite struct SharedLogLevelTests {
    /// Keeps what is logged.
    private struct Recorder: LogHandler {
        final class Lines: Sendable {
            private let lines = Mutex<[String]>([])

            func add(_ line: String) { lines.withLock { $0.append(line) } }
            var all: [String] { lines.withLock { $0 } }
        }

        let lines = Lines()
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
            lines.add("\(event.message) \(all.map { "\($0.key)=\($0.value)" })")
        }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Attack: the key of an acknowledgement forged a line of the log, with raw escapes.
    @Test func `a line of the log stays a line, whatever others wrote`() {
        let recorder = Recorder()
        let level = SharedLogLevel(.info)
        var logger = Logger(label: "test") { _ in level.handler(recorder) }
        logger[metadataKey: "own"] = "a\nb"
        logger.warning(
            "m\n2026 \u{1B}[2J",
            metadata: ["agent": "x\r\n\u{9B}", "list": ["\u{202E}"], "map": ["k": .stringConvertible("a\u{2028}")]])
        logger.error("failed", error: Failure(description: "e\nf"))
        logger.debug("not logged")
        #expect(
            recorder.lines.all == [
                #"m\u{a}2026 \u{1b}[2J ["agent=x\\u{d}\\u{a}\\u{9b}", "list=[\"\\\\u{202e}\"]", "#
                    + #""map=[\"k\": \"a\\\\u{2028}\"]", "own=a\\u{a}b"]"#,
                #"failed ["error=e\\u{a}f", "own=a\\u{a}b"]"#,
            ])
        level.value = .debug
        logger.debug("logged")
        #expect(recorder.lines.all.count == 3)
    }
}
