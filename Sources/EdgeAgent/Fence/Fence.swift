import Foundation
import LinuxFiles
import Logging
import PurgeModel
import Synchronization

/// The fence of this machine's caches: sets and lifts it as ``FenceStateMachine`` decides.
///
/// A thread of its own looks a few times a second and never waits for Kafka, a database or a cache: the lease has to
/// run out in time.
final class Fence: Sendable {
    private struct State {
        var machine: FenceStateMachine
        /// Whether the file was there when it was looked at last.
        var isSet = false
        /// Whether the marker is known to be on disk.
        var isMarked = false
        /// Why the fence cannot be set or lifted, or would not survive; nil when it can.
        var problem: String?
    }

    private let configuration: FenceConfiguration
    private let file: MarkerFile
    /// Makes nginx look for ``file``.
    private let marker: AskMarker
    /// There when purges may be confirmed without this agent: see ``FenceStateMachine/mayBeCountedOut``.
    private let countedOut: MarkerFile
    /// There when a person holds the fence, also over a restart.
    private let held: MarkerFile
    private let queue: PurgeQueue
    private let board: AgentStatusBoard
    private let clock: any AgentClock
    private let logger: Logger
    /// Called when an acknowledgement should be sent at once.
    private let onChange: @Sendable () -> Void
    private let state: Mutex<State>
    private let pause: Poller

    /// Looks while nothing is urgent, and while the fence is set.
    private static let interval = Duration.milliseconds(250)
    private static let intervalWhenFenced = Duration.milliseconds(50)

    /// Sets the fence, where the mode asks for that, before anything else of the agent runs.
    ///
    /// A fence that cannot be set is a problem to tell, and no reason not to start.
    ///
    /// - Parameters:
    ///   - marker: is there whenever the fence is.
    ///   - isNew: nobody may have heard of this agent; nobody waits for it before.
    ///   - watchdog: after what time somebody ends this process if it stands still, and sets the fence; nil: never.
    init(
        configuration: FenceConfiguration, marker: AskMarker, isNew: Bool, watchdog: Duration? = nil,
        stateDirectory: String,
        queue: PurgeQueue,
        board: AgentStatusBoard, clock: any AgentClock, logger: Logger, onChange: @escaping @Sendable () -> Void
    ) throws {
        self.configuration = configuration
        self.marker = marker
        self.queue = queue
        self.board = board
        self.clock = clock
        self.logger = logger
        self.onChange = onChange
        file = MarkerFile(path: configuration.file)
        countedOut = FenceMarkers.countedOut(stateDirectory)
        held = FenceMarkers.held(stateDirectory)
        pause = try Poller(descriptors: [])
        let isMarked = try countedOut.isThere
        let settings = FenceStateMachine.Settings(
            mode: configuration.mode, after: configuration.after, watchdog: watchdog ?? .zero)
        let machine = FenceStateMachine(
            settings: settings, mayBeCountedOut: isMarked || isNew && configuration.mode != .off,
            isHeld: try held.isThere,
            isSet: (try? file.isThere) ?? false,
            now: clock.instant)
        state = Mutex(State(machine: machine, isMarked: isMarked))
        look()
    }

    // MARK: The thread

    /// Looks until the agent stops; blocks its thread.
    ///
    /// - Parameter eachTime: called after each look.
    func run(eachTime: () -> Void = {}) {
        while !board.isStopping {
            pause.wait(timeout: word.isFenced ? Self.intervalWhenFenced : Self.interval)
            look()
            eachTime()
        }
        look()
    }

    /// Makes ``run(eachTime:)`` look at once.
    func wake() { pause.wake() }

    /// Looks at everything once, and does what is to be done.
    func look() {
        let view = FenceStateMachine.View(
            isScanning: board.isScanning, isStopping: board.isStopping, partitions: queue.readings())
        let isAnnounced = state.withLock { state in
            let wasSet = state.isSet
            state.isSet = (try? file.isThere) ?? wasSet
            var actions = state.machine.advance(to: clock.instant, view: view, isSet: state.isSet)
            do {
                for action in actions { try perform(action, &state) }
                // Somebody else may have made the one without the other, or removed it.
                if state.isSet { try marker.require(.fence) } else { try marker.release(.fence) }
                try mark(&state)
                if configuration.mode == .cutOff {
                    try file.checkAccess()
                    try marker.checkAccess()
                }
                tell(nil, state: &state, actions: &actions)
            } catch {
                tell("the fence cannot be changed: \(error)", state: &state, actions: &actions)
            }
            return wasSet != state.isSet || actions.contains(.announce)
        }
        if isAnnounced { onChange() }
    }

    private func perform(_ action: FenceStateMachine.Action, _ state: inout State) throws {
        switch action {
        case .set(let reason):
            if !state.isSet { try set(&state) }
            logger.notice("the caches are fenced: \(reason.text)", metadata: ["fence.file": "\(file.path)"])
        case .lift:
            try file.remove()
            state.isSet = false
            logger.notice("the caches are in use", metadata: ["fence.file": "\(file.path)"])
        case .announce: break
        }
    }

    private func set(_ state: inout State) throws {
        state.isSet = true
        do {
            try FenceMarkers.make(file, after: marker)
        } catch {
            state.isSet = (try? file.isThere) ?? false
            throw error
        }
    }

    /// Keeps the marker in step, on disk before anybody is told what it stands for.
    private func mark(_ state: inout State) throws {
        guard state.machine.mayBeCountedOut != state.isMarked else { return }
        if state.isMarked { try countedOut.remove() } else { try countedOut.make(isDurable: true) }
        state.isMarked.toggle()
    }

    private func tell(
        _ problem: String?, state: inout State, actions: inout [FenceStateMachine.Action]
    ) {
        guard state.problem != problem else { return }
        if let problem { logger.error("\(problem)") }
        state.problem = problem
        board.set(fenceProblem: problem)
        actions.append(.announce)
    }

    // MARK: Being told

    /// Takes note of an acknowledgement that is in Kafka.
    func acknowledged(sentAt: ContinuousClock.Instant, version: UInt64) {
        let isFirst = state.withLock { state in
            defer { state.machine.acknowledged(sentAt: sentAt, version: version, now: clock.instant) }
            return !state.machine.isHeard
        }
        if isFirst { onChange() }
    }

    /// Takes the brokers' answer.
    func take(_ ends: PartitionEnds) {
        state.withLock { $0.machine.take(ends) }
        wake()
    }

    /// How soon the brokers should be asked where the partitions end; nil: not at all.
    var askAgainAfter: Duration? {
        state.withLock { state in
            guard state.machine.needsEnds else { return nil }
            if state.machine.isFenced { return .milliseconds(500) }
            return max(.milliseconds(250), min(.milliseconds(2500), state.machine.settings.lease / 4))
        }
    }

    // MARK: By order

    /// Takes the caches out of service until ``unhold()``, also over restarts.
    ///
    /// - Throws: why it cannot be set; then nothing has changed.
    func hold() throws {
        try held.make(isDurable: true)
        try change { $0.hold(true, now: $1) }
    }

    /// Ends ``hold()``: the caches are in use again as the mode allows.
    func unhold() throws {
        try held.remove()
        try change { $0.hold(false, now: $1) }
    }

    /// Leaves the set for planned work: sets the fence, and tells that nobody need wait for this agent.
    ///
    /// - Throws: why it cannot be set; then the agent stays in the set.
    func drain() throws {
        try state.withLock { state in
            if !state.isMarked { try countedOut.make(isDurable: true) }
            state.isMarked = true
            try set(&state)
            state.machine.drain(now: clock.instant)
        }
        look()
    }

    /// Comes back after ``drain()``: the caches are in use once everything is applied that was missed.
    func resume() throws {
        try change { $0.resume(now: $1) }
    }

    private func change(_ body: (inout FenceStateMachine, ContinuousClock.Instant) -> Void) throws {
        state.withLock { body(&$0.machine, clock.instant) }
        look()
        if let problem = state.withLock({ $0.problem }) { throw AgentError(problem) }
    }

    // MARK: Telling

    /// What is to be told now.
    var word: FenceWord {
        state.withLock { state in
            FenceWord(
                version: state.machine.version, isFenced: state.isSet, reason: state.machine.reason,
                isDrained: state.machine.isDrained && state.isSet && state.isMarked, isHeard: state.machine.isHeard,
                mode: state.problem == nil ? configuration.mode : .off, after: configuration.after)
        }
    }

    /// The partitions that are read.
    var partitions: Set<Int32> { Set(queue.readings().keys) }

    /// Whether all that can be waited for at a start is over: the agent has caught up, and is known to others, though a
    /// person may hold the fence.
    var hasCaughtUp: Bool { state.withLock { $0.machine.hasCaughtUp && $0.machine.isHeard } }
}
