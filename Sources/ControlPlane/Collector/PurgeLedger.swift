import PrometheusText
import PurgeModel
import Threads

/// The collector's state as the rest of the control plane sees it: safe to use from any thread, with a clock, and able
/// to wait.
final class PurgeLedger: Sendable {
    /// What somebody waits for.
    private enum Awaited: Hashable, Sendable {
        case milestone(Milestone, PurgeID)
        /// Anything that is told about a purge.
        case change(PurgeID)
    }

    private struct Watched: Sendable {
        var state: CollectorState
        /// Whether an agent was silent when time passed last.
        var wasSilent = false
    }

    /// How long purges took that this process saw reach a milestone, for metrics: from a quarter of a millisecond away
    /// to machines that were off for an hour.
    let times = ByMilestone(effective: PurgeLedger.histogram(), confirmed: PurgeLedger.histogram())

    /// Has something whenever there may be more to tell of tiers; for one listener.
    let tierNews: AsyncStream<Void>
    private let onTierNews: AsyncStream<Void>.Continuation

    private let monitor: Monitor<Watched, Awaited>
    private let started = ContinuousClock.now
    private let wallClock: @Sendable () -> Timestamp

    /// Creates an empty ledger.
    /// - Parameters:
    ///   - settings: what bounds the state.
    ///   - wallClock: the time of day.
    init(settings: CollectorSettings, wallClock: @escaping @Sendable () -> Timestamp) {
        monitor = Monitor(Watched(state: CollectorState(settings: settings)))
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
        return update { watched, _ in body(&watched.state, now) }
    }

    /// Lets time pass, a few times a second.
    ///
    /// While an agent is silent time changes how purges stand, so that whoever watches one looks again when that begins
    /// and when it ends.
    func letTimePass() {
        let now = now()
        update { watched, wakes in
            watched.state.advance(to: now)
            let isSilent = watched.state.isAnybodySilent(at: now)
            guard isSilent != watched.wasSilent else { return }
            watched.wasSilent = isSilent
            wakes.wakeAll { if case .change = $0 { true } else { false } }
        }
    }

    private func update<R: Sendable>(_ body: (inout Watched, inout Monitor<Watched, Awaited>.Wakes) -> R) -> R {
        let (result, hasTierNews) = monitor.update { watched, wakes in
            let result = body(&watched, &wakes)
            for milestone in Milestone.allCases {
                for time in watched.state.takeSeenTimes(milestone) { times[milestone].observe(time) }
                for id in watched.state.takeReached(milestone) { wakes.wake(.milestone(milestone, id)) }
            }
            for id in watched.state.takeChanged() { wakes.wake(.change(id)) }
            return (result, watched.state.tiers.isDue)
        }
        if hasTierNews { onTierNews.yield() }
        return result
    }

    /// Asks the state.
    func read<R: Sendable>(_ body: (borrowing CollectorState, CollectorInstant) -> R) -> R {
        let now = now()
        return monitor.read { body($0.state, now) }
    }

    /// Returns as soon as the purge has reached a milestone, after `timeout`, when the purge is not known, or when the
    /// task is cancelled.
    func wait(for milestone: Milestone, of id: PurgeID, timeout: Duration) async {
        await monitor.wait(for: .milestone(milestone, id), upTo: timeout) { $0.state.isAwaited(milestone, of: id) }
    }

    /// Returns as soon as there is more to tell about a purge, after `timeout`, when the purge is not in memory, when
    /// an agent becomes silent or is so no more, or when the task is cancelled.
    ///
    /// - Parameter changes: how much had changed about it when it was looked at.
    func waitForChange(of id: PurgeID, since changes: Int, timeout: Duration) async {
        await monitor.wait(for: .change(id), upTo: timeout) { watched in
            guard watched.state.changes(of: id) == changes else { return false }
            watched.state.watch(id)
            return true
        }
    }

    /// Who waits; for tests.
    var waiterCount: Int { monitor.waiterCount }
}
