import Logging
import Synchronization

/// The level at which the program logs; may change while it runs.
final class SharedLogLevel: Sendable {
    private let state: Mutex<Logger.Level>

    init(_ level: Logger.Level) { state = Mutex(level) }

    var value: Logger.Level {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// A handler that logs to standard error at this level, unless the copy of a logger is given another one.
    func handler(_ label: String) -> any LogHandler {
        Handler(shared: self, base: StreamLogHandler.standardError(label: label))
    }

    private struct Handler: LogHandler {
        let shared: SharedLogLevel
        var base: StreamLogHandler
        var own: Logger.Level?

        init(shared: SharedLogLevel, base: StreamLogHandler) {
            self.shared = shared
            self.base = base
            self.base.logLevel = .trace
        }

        var logLevel: Logger.Level {
            get { own ?? shared.value }
            set { own = newValue }
        }

        var metadata: Logger.Metadata {
            get { base.metadata }
            set { base.metadata = newValue }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { base[metadataKey: key] }
            set { base[metadataKey: key] = newValue }
        }

        func log(event: LogEvent) { base.log(event: event) }
    }
}
