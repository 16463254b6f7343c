import LinuxFiles
import PurgeModel
import Synchronization

/// What the cache worker is asked to do besides purging, and how it stands.
///
/// Requests wait here for the worker, which does one after the other in its rounds: nobody else changes index or files.
final class Upkeep: Sendable {
    enum Request: Sendable {
        case verify(task: Int)
        case rebuild(task: Int)
        /// Nil: all caches.
        case flush(task: Int, paths: [String]?, PurgeMode)
        case reload(AgentConfiguration)
    }

    private struct State {
        var waiting: [Request] = []
        var tasks: [UpkeepTask] = []
        var lastID = 0
    }

    private let state = Mutex(State())
    private let clock: any AgentClock
    private let wake: @Sendable () -> Void

    /// Requests that wait at most: nobody needs more, and each may take minutes.
    private static let waitingMax = 8
    /// Tasks remembered for whoever asks how they went.
    private static let tasksMax = 32

    /// - Parameter wake: makes the worker look for requests.
    init(clock: any AgentClock, wake: @escaping @Sendable () -> Void) {
        self.clock = clock
        self.wake = wake
    }

    // MARK: Asking

    /// Nil when too many are waiting.
    func verify() -> UpkeepTask? { add(.verify) { .verify(task: $0) } }
    /// Nil when too many are waiting.
    func rebuild() -> UpkeepTask? { add(.rebuild) { .rebuild(task: $0) } }

    /// Purges everything in the caches of these paths; nil when too many are waiting.
    func flush(paths: [String]?, mode: PurgeMode) -> UpkeepTask? {
        add(.flush) { .flush(task: $0, paths: paths, mode) }
    }

    /// Takes over what may change while the agent runs: the caches.
    func reload(_ configuration: AgentConfiguration) {
        state.withLock { state in
            // Only the last one counts.
            state.waiting.removeAll { if case .reload = $0 { true } else { false } }
            state.waiting.append(.reload(configuration))
        }
        wake()
    }

    func task(_ id: Int) -> UpkeepTask? { state.withLock { $0.tasks.first { $0.id == id } } }

    private func add(_ kind: UpkeepTask.Kind, _ request: (Int) -> Request) -> UpkeepTask? {
        let task: UpkeepTask? = state.withLock { state in
            guard state.waiting.count < Self.waitingMax else { return nil }
            state.lastID += 1
            let task = UpkeepTask(id: state.lastID, kind: kind, acceptedAt: clock.now)
            state.tasks.append(task)
            if state.tasks.count > Self.tasksMax { state.tasks.removeFirst() }
            state.waiting.append(request(task.id))
            return task
        }
        wake()
        return task
    }

    // MARK: Doing

    /// The oldest request.
    func take() -> Request? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    /// Whether something waits.
    var isWanted: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Takes note of progress.
    func update(_ id: Int, _ body: (inout UpkeepTask) -> Void) {
        state.withLock { state in
            guard let index = state.tasks.firstIndex(where: { $0.id == id }) else { return }
            state.tasks[index].state = .running
            body(&state.tasks[index])
        }
    }

    /// Takes note of an end.
    func finish(_ id: Int, _ body: (inout UpkeepTask) -> Void = { _ in }) {
        let now = clock.now
        update(id) { task in
            body(&task)
            task.state = .done
            task.endedAt = now
        }
    }
}
