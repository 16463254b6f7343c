import FoundationEssentials
import Glibc
import PurgeModel
import Subprocess
import Synchronization
import SystemPackage

/// One child process: started with a log file of its own, restarted when it dies by itself, stopped in order.
///
/// Each child is started through `setpriv --pdeathsig`: when this process dies, whatever the reason, the kernel
/// ends the child. The signal is tied to the thread that started the child (prctl(2), PR_SET_PDEATHSIG); Subprocess
/// starts all children from one thread that lives as long as the process. Each child leads a process group, so that
/// Ctrl-C reaches only us, and so that what it left behind (workers of an nginx master that was killed) can be ended
/// with it.
final class ManagedChild: Sendable {
    /// What to run.
    struct Command: Sendable {
        /// Path of the executable.
        var executable: String
        /// Its arguments.
        var arguments: [String]
        /// Its whole environment.
        var environment: [String: String]
        /// Where its standard output and standard error are appended.
        var logPath: String
        /// What the kernel sends it when this process has died: `TERM` for one that has children of its own to end,
        /// `KILL` for one that has none.
        var parentDeathSignal = "TERM"
    }

    private struct State {
        var processID: Int32?
        var isStopping = false
        var startCount = 0
        var lastEnd: String?
        var runner: Task<Void, Never>?
    }

    /// What people call it: `agent edge-1`.
    let name: String
    private let command: Command
    private let setpriv: String
    private let isRestarted: Bool
    private let whenStarted: @Sendable () -> Void
    private let whenEnded: @Sendable () -> Void
    private let whenGone: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// How long after its end a child is started again, at first and at most.
    private static let restartPause: ClosedRange<Duration> = .milliseconds(200) ... .seconds(5)
    /// A child that lived this long was well; the next pause is the short one again.
    private static let healthyAge: Duration = .seconds(5)
    /// How long a child may take to end by itself before it is killed.
    private static let stopLimit: Duration = .seconds(10)

    /// Describes a child; nothing runs yet.
    ///
    /// - Parameters:
    ///   - setpriv: Path of util-linux's setpriv.
    ///   - isRestarted: Whether to start it again when it ends by itself.
    ///   - whenStarted: Called after each start, when `processID` has changed.
    ///   - whenEnded: Called after each end.
    ///   - whenGone: Called when it ended by itself and is not started again, with how it ended.
    init(
        name: String,
        command: Command,
        setpriv: String,
        isRestarted: Bool,
        whenStarted: @escaping @Sendable () -> Void,
        whenEnded: @escaping @Sendable () -> Void = {},
        whenGone: @escaping @Sendable (String) -> Void
    ) {
        self.name = name
        self.command = command
        self.setpriv = setpriv
        self.isRestarted = isRestarted
        self.whenStarted = whenStarted
        self.whenEnded = whenEnded
        self.whenGone = whenGone
    }

    /// The process id while it runs.
    var processID: Int32? { state.withLock { $0.processID } }

    /// How it ended last, when it did: `exited with 1`; nil while it never has.
    var lastEnd: String? { state.withLock { $0.lastEnd } }

    /// How often it was started.
    var startCount: Int { state.withLock { $0.startCount } }

    /// Starts it and returns at once.
    ///
    /// The task lives until `stop` or, without restarts, until the child's end.
    func start() {
        state.withLock { state in
            precondition(state.runner == nil, "\(name) is started once")
            state.runner = Task { await self.keepRunning() }
        }
    }

    /// Asks the child to end, kills it if it does not, and returns when it is gone.
    func stop() async {
        let runner = state.withLock { state in
            state.isStopping = true
            if let processID = state.processID { kill(processID, SIGTERM) }
            return state.runner
        }
        guard let runner else { return }
        let killer = Task {
            try await Task.sleep(for: Self.stopLimit)
            Terminal.writeError("\(name) did not end within \(DurationText.text(Self.stopLimit)); it is killed")
            state.withLock { state in
                if let processID = state.processID { _ = kill(-processID, SIGKILL) }
            }
        }
        await runner.value
        killer.cancel()
    }

    /// Sends a signal to the running child.
    func signal(_ number: Int32) {
        state.withLock { state in
            if let processID = state.processID { _ = kill(processID, number) }
        }
    }

    /// The last lines of its log, for error messages.
    func logTail(lines: Int = 15) -> String {
        guard let log = try? String(contentsOfFile: command.logPath, encoding: .utf8) else { return "(no log)" }
        return log.split(separator: "\n").suffix(lines).map { "    " + TextTable.printable(String($0)) }
            .joined(separator: "\n")
    }

    private func keepRunning() async {
        var pause = Self.restartPause.lowerBound
        while !state.withLock({ $0.isStopping }) {
            let start = ContinuousClock.now
            let end = await runOnce()
            let isStopping = state.withLock { state in
                state.lastEnd = end
                return state.isStopping
            }
            if isStopping { return }
            if !isRestarted {
                whenGone(end)
                return
            }
            if ContinuousClock.now - start > Self.healthyAge { pause = Self.restartPause.lowerBound }
            Terminal.writeError("\(name) \(end); starting it again in \(DurationText.text(pause))")
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 2, Self.restartPause.upperBound)
        }
    }

    /// Runs the child once and says how it ended.
    private func runOnce() async -> String {
        do {
            let log = try FileDescriptor.open(
                FilePath(command.logPath),
                .writeOnly,
                options: [.create, .append, .closeOnExec],
                permissions: .ownerReadWrite
            )
            defer { try? log.close() }
            var options = PlatformOptions()
            options.processGroupID = 0
            let result = try await run(
                .path(FilePath(setpriv)),
                arguments: Arguments(
                    ["--pdeathsig", command.parentDeathSignal, "--", command.executable] + command.arguments
                ),
                environment: .custom(
                    Dictionary(
                        uniqueKeysWithValues: command.environment.map { (.init(stringLiteral: $0.key), $0.value) })),
                platformOptions: options,
                input: .none,
                output: .fileDescriptor(log, closeAfterSpawningProcess: false),
                error: .fileDescriptor(log, closeAfterSpawningProcess: false)
            ) { execution in
                self.began(execution.processIdentifier.value)
            }
            ended(result.processIdentifier.value)
            return Self.description(of: result.terminationStatus)
        } catch {
            state.withLock { $0.processID = nil }
            return "could not be started: \(error)"
        }
    }

    private func began(_ processID: Int32) {
        state.withLock { state in
            state.processID = processID
            state.startCount += 1
            // A stop that came while it was being started has found no process to signal.
            if state.isStopping { _ = kill(processID, SIGTERM) }
        }
        whenStarted()
    }

    private func ended(_ processID: Int32) {
        state.withLock { $0.processID = nil }
        // Whatever it left behind in its group must not keep its port. The group's number is not given to anybody else
        // while a member lives; without members this does nothing.
        _ = kill(-processID, SIGKILL)
        whenEnded()
    }

    private static func description(of status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exited with \(code)"
        case .signaled(let signal): "was ended by signal \(signal)"
        }
    }
}
