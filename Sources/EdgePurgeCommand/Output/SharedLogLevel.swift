import Logging
import PurgeModel
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
    func handler(_ label: String) -> any LogHandler { handler(StreamLogHandler.standardError(label: label)) }

    /// The same with another one that writes.
    func handler(_ base: any LogHandler) -> any LogHandler { Handler(shared: self, base: base) }

    private struct Handler: LogHandler {
        let shared: SharedLogLevel
        var base: any LogHandler
        var own: Logger.Level?

        init(shared: SharedLogLevel, base: any LogHandler) {
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
            set { base.metadata = newValue.mapValues(\.shown) }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { base[metadataKey: key] }
            set { base[metadataKey: key] = newValue?.shown }
        }

        /// A line stays a line, whatever stands in it: much of it came from others.
        func log(event: LogEvent) {
            var event = event
            event.message = Logger.Message(stringLiteral: event.message.description.shown)
            event.metadata = event.metadata?.mapValues(\.shown)
            if let error = event.error {
                event.metadata = (event.metadata ?? [:]).merging(["error": "\("\(error)".shown)"]) { own, _ in own }
                event.error = nil
            }
            base.log(event: event)
        }
    }
}

extension Logger.MetadataValue {
    /// The same with every text as ``Swift/String/shown``.
    fileprivate var shown: Self {
        switch self {
        case .string(let text): .string(text.shown)
        case .stringConvertible(let value): .string(value.description.shown)
        case .dictionary(let values): .dictionary(values.mapValues(\.shown))
        case .array(let values): .array(values.map(\.shown))
        }
    }
}
