import DequeModule
import Synchronization

/// Deleted objects that are out of the cache's sight for a while, because somebody is about to fetch them anew: see
/// `CacheFileFormat.hide(_:)`.
///
/// They come back, still deleted, where the cache stores nothing in their place: its own count of space stays right,
/// and it finds its file when it wants to evict it. Any thread may use it.
final class HiddenFiles: Sendable {
    private struct Hidden {
        let key: ObjectKey
        let since: ContinuousClock.Instant
        var lookAt: ContinuousClock.Instant
    }

    private struct State {
        var keys: Set<ObjectKey> = []
        /// In the order in which they are to be looked at.
        var queue: Deque<Hidden> = []
    }

    private let caches: CacheSet
    private let clock: any AgentClock
    private let state = Mutex(State())

    /// About 100 bytes each; beyond them nothing is hidden.
    private static let countMax = 65_536
    /// nginx waits as long for an origin (`proxy_read_timeout`).
    private static let hiddenMax = Duration.seconds(60)
    /// From one look whether there is a new object to the next: the old one's bytes are not free before that.
    private static let lookPause = Duration.seconds(1)
    /// Looked at in one call of ``keep()``, a few microseconds each.
    private static let looks = 512

    init(_ caches: CacheSet, clock: any AgentClock) {
        self.caches = caches
        self.clock = clock
    }

    /// Hides an object that is marked deleted, where that can be done; else visitors do not wait for each other.
    func hide(_ key: ObjectKey, _ format: any CacheFileFormat) {
        let now = clock.instant
        // One after the other: whoever asks at the same time is answered when the file is hidden, and one that looked
        // before that does not hide what has landed since.
        state.withLock { state in
            guard state.queue.count < Self.countMax, (try? format.hide(key)) == true,
                state.keys.insert(key).inserted
            else { return }
            state.queue.append(Hidden(key: key, since: now, lookAt: now + Self.lookPause))
        }
    }

    /// Whether one of these is hidden.
    func contains(anyOf keys: [ObjectKey]) -> Bool {
        state.withLock { state in !state.keys.isEmpty && keys.contains { state.keys.contains($0) } }
    }

    /// Shows what was replaced, or hidden for long enough; called a few times a second.
    func keep() {
        let now = clock.instant
        for _ in 0..<Self.looks {
            let due = state.withLock { state in
                state.queue.first.map { $0.lookAt <= now } == true ? state.queue.popFirst() : nil
            }
            guard var hidden = due else { return }
            hidden.lookAt = now + Self.lookPause
            let isOver = hidden.since + Self.hiddenMax <= now
            guard show(hidden.key, onlyIfReplaced: !isOver) else { continue }
            state.withLock { $0.queue.append(hidden) }
        }
    }

    /// Shows all of them.
    func end() {
        while let hidden = state.withLock({ $0.queue.popFirst() }) { _ = show(hidden.key, onlyIfReplaced: false) }
    }

    /// Returns whether it stays hidden; one that cannot be shown is left to the next scan.
    private func show(_ key: ObjectKey, onlyIfReplaced: Bool) -> Bool {
        if case .open(let format) = caches.lookup(key.cache),
            (try? format.show(key, onlyIfReplaced: onlyIfReplaced)) == true
        {
            return true
        }
        state.withLock { _ = $0.keys.remove(key) }
        return false
    }
}
