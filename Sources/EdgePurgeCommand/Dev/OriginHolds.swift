import Synchronization

/// Answers of the development origin that are held back until somebody lets them go: a slow origin, under control.
final class OriginHolds: Sendable {
    /// What of an answer is held back.
    enum Part: String, Sendable {
        /// All of it: the origin thinks.
        case head
        /// The second half of the body: the origin is slow in sending.
        case body
    }

    private struct State {
        var parts: [String: Part] = [:]
        /// Counts how often a path was let go, so that a later hold does not catch those of before.
        var released: [String: Int] = [:]
        var waiting: [String: Int] = [:]
    }

    /// One answer that is held back.
    struct Hold: Sendable {
        var path: String
        var part: Part
        fileprivate var released: Int
    }

    private let state = Mutex(State())
    /// How often a held answer looks whether it may go.
    private static let pause = Duration.milliseconds(5)

    /// Holds back the answers to requests for a path that come from now on.
    func hold(_ path: String, _ part: Part) { state.withLock { $0.parts[path] = part } }

    /// Lets all answers for a path go, and holds back no more of them.
    func release(_ path: String) {
        state.withLock { state in
            state.parts[path] = nil
            state.released[path, default: 0] += 1
        }
    }

    /// How many answers for a path are held back now.
    func waiting(_ path: String) -> Int { state.withLock { $0.waiting[path, default: 0] } }

    /// Takes note of a request; returns what has to be waited for.
    func take(_ path: String) -> Hold? {
        state.withLock { state in
            state.parts[path].map { Hold(path: path, part: $0, released: state.released[path, default: 0]) }
        }
    }

    /// Waits until the answer may go on, or the task is cancelled.
    func wait(_ hold: Hold) async throws {
        state.withLock { $0.waiting[hold.path, default: 0] += 1 }
        defer { state.withLock { $0.waiting[hold.path, default: 1] -= 1 } }
        while state.withLock({ $0.released[hold.path, default: 0] }) == hold.released {
            try await Task.sleep(for: Self.pause)
        }
    }
}
