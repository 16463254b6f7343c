import PrometheusText
import PurgeModel
import Synchronization

/// The collector's state as the rest of the control plane sees it: safe to use from any thread, with a clock, and able
/// to wait.
final class PurgeLedger: Sendable {
    /// A milestone of a purge.
    private struct Awaited: Hashable {
        let id: PurgeID
        let milestone: Milestone
    }

    private struct Locked {
        var state: CollectorState
        /// Who waits for what.
        ///
        /// Each continuation is resumed exactly once: by whoever takes it out of here.
        var waiters: [Awaited: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var nextWaiter: UInt64 = 0
    }

    /// How long purges took that this process saw reach a milestone, for metrics: from a quarter of a millisecond away
    /// to machines that were off for an hour.
    let times = ByMilestone(effective: PurgeLedger.histogram(), confirmed: PurgeLedger.histogram())

    /// Has something whenever there may be more to tell of tiers; for one listener.
    let tierNews: AsyncStream<Void>
    private let onTierNews: AsyncStream<Void>.Continuation

    private let locked: Mutex<Locked>
    private let started = ContinuousClock.now
    private let wallClock: @Sendable () -> Timestamp

    /// Creates an empty ledger.
    /// - Parameters:
    ///   - settings: what bounds the state.
    ///   - wallClock: the time of day.
    init(settings: CollectorSettings, wallClock: @escaping @Sendable () -> Timestamp) {
        locked = Mutex(Locked(state: CollectorState(settings: settings)))
        (tierNews, onTierNews) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.wallClock = wallClock
    }

    private static func histogram() -> Histogram { Histogram(bounds: Histogram.durations + [120, 300, 900, 3600]) }

    /// This moment.
    func now() -> CollectorInstant {
        CollectorInstant(monotonic: ContinuousClock.now - started, wall: wallClock())
    }

    /// Tells the state what happened, and wakes those who waited for what was reached by it.
    func update<R: Sendable>(_ body: (inout CollectorState, CollectorInstant) -> R) -> R {
        // The moment is taken outside the lock; the order of two updates at the same instant does not matter.
        let now = now()
        let (result, woken, hasTierNews) = locked.withLock { locked in
            let result = body(&locked.state, now)
            var woken: [CheckedContinuation<Void, Never>] = []
            for milestone in Milestone.allCases {
                for time in locked.state.takeSeenTimes(milestone) { times[milestone].observe(time) }
                for id in locked.state.takeReached(milestone) {
                    let awaited = Awaited(id: id, milestone: milestone)
                    if let waiters = locked.waiters.removeValue(forKey: awaited) { woken += waiters.values }
                }
            }
            return (result, woken, locked.state.tiers.isDue)
        }
        if hasTierNews { onTierNews.yield() }
        for waiter in woken { waiter.resume() }
        return result
    }

    /// Asks the state.
    func read<R: Sendable>(_ body: (borrowing CollectorState, CollectorInstant) -> R) -> R {
        let now = now()
        return locked.withLock { body($0.state, now) }
    }

    /// Returns as soon as the purge has reached a milestone, after `timeout`, when the purge is not known, or when the
    /// task is cancelled.
    func wait(for milestone: Milestone, of id: PurgeID, timeout: Duration) async {
        let awaited = Awaited(id: id, milestone: milestone)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.suspend(until: awaited) }
            group.addTask {
                // Cancelled when the milestone came first; there is nothing to do about it.
                try? await Task.sleep(for: timeout)
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Who waits; for tests.
    var waiterCount: Int {
        locked.withLock { $0.waiters.values.reduce(0) { $0 + $1.count } }
    }

    private func suspend(until awaited: Awaited) async {
        let number = locked.withLock { locked in
            locked.nextWaiter += 1
            return locked.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = locked.withLock { locked in
                    // The task is marked as cancelled before its handler runs, so between this look and the handler's
                    // turn at the lock nothing is missed.
                    guard !Task.isCancelled, locked.state.isAwaited(awaited.milestone, of: awaited.id)
                    else { return true }
                    locked.waiters[awaited, default: [:]][number] = continuation
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            let continuation = locked.withLock { locked in
                let continuation = locked.waiters[awaited]?.removeValue(forKey: number)
                if locked.waiters[awaited]?.isEmpty == true { locked.waiters[awaited] = nil }
                return continuation
            }
            continuation?.resume()
        }
    }
}
