import PrometheusText
import PurgeModel
import Synchronization
import Threads

/// The collector's state as the rest of the control plane sees it: safe to use from any thread, with a clock, and able
/// to wait.
final class PurgeLedger: Sendable {
    /// What somebody waits for.
    private enum Awaited: Hashable {
        case milestone(Milestone, PurgeID)
        /// Anything that is told about a purge.
        case change(PurgeID)
    }

    private struct Locked {
        var state: CollectorState
        var waiters = Waiters<Awaited>()
        /// Whether an agent was silent when time passed last.
        var wasSilent = false
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
            var woken: [Waiters<Awaited>.Continuation] = []
            for milestone in Milestone.allCases {
                for time in locked.state.takeSeenTimes(milestone) { times[milestone].observe(time) }
                for id in locked.state.takeReached(milestone) {
                    woken += locked.waiters.take(.milestone(milestone, id))
                }
            }
            for id in locked.state.takeChanged() { woken += locked.waiters.take(.change(id)) }
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

    /// Lets time pass, a few times a second.
    ///
    /// While an agent is silent time changes how purges stand, so that whoever watches one looks again when that begins
    /// and when it ends.
    func letTimePass() {
        update { state, now in state.advance(to: now) }
        let now = now()
        let woken: [Waiters<Awaited>.Continuation] = locked.withLock { locked in
            let isSilent = locked.state.isAnybodySilent(at: now)
            guard isSilent != locked.wasSilent else { return [] }
            locked.wasSilent = isSilent
            return locked.waiters.takeAll { if case .change = $0 { true } else { false } }
        }
        for waiter in woken { waiter.resume() }
    }

    /// Returns as soon as the purge has reached a milestone, after `timeout`, when the purge is not known, or when the
    /// task is cancelled.
    func wait(for milestone: Milestone, of id: PurgeID, timeout: Duration) async {
        await wait(timeout: timeout, until: .milestone(milestone, id)) { state in state.isAwaited(milestone, of: id) }
    }

    /// Returns as soon as there is more to tell about a purge, after `timeout`, when the purge is not in memory, when
    /// an agent becomes silent or is so no more, or when the task is cancelled.
    ///
    /// - Parameter changes: how much had changed about it when it was looked at.
    func waitForChange(of id: PurgeID, since changes: Int, timeout: Duration) async {
        await wait(timeout: timeout, until: .change(id)) { state in
            guard state.changes(of: id) == changes else { return false }
            state.watch(id)
            return true
        }
    }

    /// Who waits; for tests.
    var waiterCount: Int { locked.withLock { $0.waiters.count } }

    /// - Parameter isOutstanding: whether there is something to wait for; asked under the lock.
    private func wait(
        timeout: Duration, until awaited: Awaited, _ isOutstanding: @escaping @Sendable (inout CollectorState) -> Bool
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.suspend(until: awaited, isOutstanding) }
            group.addTask {
                // Cancelled when that came first; there is nothing to do about it.
                try? await Task.sleep(for: timeout)
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func suspend(until awaited: Awaited, _ isOutstanding: @Sendable (inout CollectorState) -> Bool) async {
        let number = locked.withLock { $0.waiters.makeNumber() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = locked.withLock { locked in
                    // The task is marked as cancelled before its handler runs, so between this look and the handler's
                    // turn at the lock nothing is missed.
                    guard !Task.isCancelled, isOutstanding(&locked.state) else { return true }
                    locked.waiters.add(continuation, number, for: awaited)
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            locked.withLock { $0.waiters.remove(number, for: awaited) }?.resume()
        }
    }
}
