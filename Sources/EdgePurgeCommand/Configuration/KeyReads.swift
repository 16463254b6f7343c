import Configuration
import Synchronization

/// Remembers which keys were read and what came of it.
///
/// What the mapping reads is what is known: there is no second list of keys to keep in step.
final class KeyReads: AccessReporter {
    private let events = Mutex<[String: AccessEvent]>([:])

    /// Creates an empty log.
    init() {}

    func report(_ event: AccessEvent) {
        let key = event.metadata.key.components.joined(separator: ".")
        events.withLock { $0[key] = event }
    }

    /// The last access of `key`.
    func event(for key: String) -> AccessEvent? {
        events.withLock { $0[key] }
    }

    /// Every key that was read.
    var keys: Set<String> {
        events.withLock { Set($0.keys) }
    }
}
