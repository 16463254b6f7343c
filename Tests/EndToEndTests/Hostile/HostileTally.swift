import Synchronization

/// What hostile tenants were answered, and what they cost.
final class HostileTally: Sendable {
    private let answers = Mutex<[HostileLoad: [String: Int]]>([:])
    private let memory = Mutex(0)

    /// Counts an answer by its status; empty where there was none.
    func count(_ status: String, of load: HostileLoad) {
        answers.withLock { $0[load, default: [:]][status, default: 0] += 1 }
    }

    /// Takes note of how much memory is used.
    func note(memory bytes: Int) { memory.withLock { $0 = max($0, bytes) } }

    /// The most that was used.
    var mostMemory: Int { memory.withLock { $0 } }

    /// A line for each kind.
    var lines: [String] {
        answers.withLock { $0 }.sorted { $0.key.rawValue < $1.key.rawValue }.map { load, counts in
            let texts = counts.sorted { $0.key < $1.key }.map { "\($0.value)x \($0.key.isEmpty ? "-" : $0.key)" }
            return "  \(load.rawValue): \(texts.joined(separator: ", "))"
        }
    }
}
