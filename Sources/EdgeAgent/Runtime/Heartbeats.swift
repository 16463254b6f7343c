import Synchronization

/// When the threads that must never stand still made their last round.
final class Heartbeats: Sendable {
    enum Part: Sendable, CaseIterable {
        case intake, worker
    }

    /// No round takes longer than this by itself.
    ///
    /// Blocking calls to Kafka have limits of seconds, and a round of the worker has a bounded amount of work. A disk
    /// that is slower than this needs somebody's attention.
    private static let roundMax = Duration.seconds(120)

    private let last: Mutex<[Part: ContinuousClock.Instant]>

    init(now: ContinuousClock.Instant) {
        last = Mutex(Dictionary(uniqueKeysWithValues: Part.allCases.map { ($0, now) }))
    }

    /// A part begins a round.
    func beat(_ part: Part, now: ContinuousClock.Instant) {
        last.withLock { $0[part] = now }
    }

    /// Whether every part has begun a round not long ago.
    func areAlive(now: ContinuousClock.Instant) -> Bool {
        last.withLock { $0.values.allSatisfy { $0.duration(to: now) < Self.roundMax } }
    }
}
