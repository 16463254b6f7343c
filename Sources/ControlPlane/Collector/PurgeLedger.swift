import PrometheusText
import PurgeModel
import Synchronization

/// The collector's state as the rest of the control plane sees it: safe to use from any thread, with a clock, and able
/// to wait.
final class PurgeLedger: Sendable {
    private struct Locked {
        var state: CollectorState
        /// Who waits for which purge.
        ///
        /// Each continuation is resumed exactly once: by whoever takes it out of here.
        var waiters: [PurgeID: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var nextWaiter: UInt64 = 0
    }

    /// How long purges took that this process saw become confirmed, for metrics: from a quarter of a millisecond away
    /// to machines that were off for an hour.
    let timeToConfirmed = Histogram(bounds: Histogram.durations + [120, 300, 900, 3600])

    private let locked: Mutex<Locked>
    private let started = ContinuousClock.now
    private let wallClock: @Sendable () -> Timestamp

    /// Creates an empty ledger.
    /// - Parameters:
    ///   - settings: what bounds the state.
    ///   - wallClock: the time of day.
    init(settings: CollectorSettings, wallClock: @escaping @Sendable () -> Timestamp) {
        locked = Mutex(Locked(state: CollectorState(settings: settings)))
        self.wallClock = wallClock
    }

    /// This moment.
    func now() -> CollectorInstant {
        CollectorInstant(monotonic: ContinuousClock.now - started, wall: wallClock())
    }

    /// Tells the state what happened, and wakes those who waited for what became confirmed by it.
    func update<R: Sendable>(_ body: (inout CollectorState, CollectorInstant) -> R) -> R {
        // The moment is taken outside the lock; the order of two updates at the same instant does not matter.
        let now = now()
        let (result, woken) = locked.withLock { locked in
            let result = body(&locked.state, now)
            for time in locked.state.takeSeenTimes() { timeToConfirmed.observe(time) }
            var woken: [CheckedContinuation<Void, Never>] = []
            for id in locked.state.takeConfirmed() {
                if let waiters = locked.waiters.removeValue(forKey: id) { woken += waiters.values }
            }
            return (result, woken)
        }
        for waiter in woken { waiter.resume() }
        return result
    }

    /// Asks the state.
    func read<R: Sendable>(_ body: (borrowing CollectorState, CollectorInstant) -> R) -> R {
        let now = now()
        return locked.withLock { body($0.state, now) }
    }

    /// Returns as soon as the purge is confirmed, after `timeout`, when the purge is not known, or when the task is
    /// cancelled.
    func waitForConfirmation(of id: PurgeID, timeout: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.suspendUntilConfirmed(id) }
            group.addTask {
                // Cancelled when the confirmation came first; there is nothing to do about it.
                try? await Task.sleep(for: timeout)
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Who waits for a confirmation; for tests.
    var waiterCount: Int {
        locked.withLock { $0.waiters.values.reduce(0) { $0 + $1.count } }
    }

    private func suspendUntilConfirmed(_ id: PurgeID) async {
        let number = locked.withLock { locked in
            locked.nextWaiter += 1
            return locked.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = locked.withLock { locked in
                    // The task is marked as cancelled before its handler runs, so between this look and the handler's
                    // turn at the lock nothing is missed.
                    guard !Task.isCancelled, locked.state.isOpen(id) else { return true }
                    locked.waiters[id, default: [:]][number] = continuation
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            let continuation = locked.withLock { locked in
                let continuation = locked.waiters[id]?.removeValue(forKey: number)
                if locked.waiters[id]?.isEmpty == true { locked.waiters[id] = nil }
                return continuation
            }
            continuation?.resume()
        }
    }
}
