import LinuxFiles
import Logging
import PurgeModel
import Synchronization

/// Tells systemd how the agent is (sd_notify(3)); without systemd it does nothing.
final class ServiceManager: Sendable {
    private struct State {
        var isReady = false
        var status = ""
        var fedAt: ContinuousClock.Instant?
    }

    private let socket: NotificationSocket?
    /// How often the watchdog is fed; nil where there is none for this process.
    private let feedingInterval: Duration?
    private let logger: Logger
    private let state = Mutex(State())

    /// The time after which systemd takes this process for hung; nil without a watchdog.
    let watchdog: Duration?

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`, which systemd sets.
    init(environment: [String: String], processID: Int32, logger: Logger) {
        socket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : NotificationSocket(address: $0) }
        let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 && isOurs ? $0 : nil }
        watchdog = microseconds.map { .microseconds($0) }
        // systemd asks for twice as often as needed; once more lets a busy machine miss one.
        feedingInterval = microseconds.map { .microseconds($0 / 3) }
        self.logger = logger
    }

    /// Says what has changed, and feeds the watchdog when it is time.
    ///
    /// - Parameters:
    ///   - isReady: whether what was to be waited for at the start is over; said once.
    ///   - isAlive: whether all that must go on does; the watchdog is left to bite when it does not.
    func tell(isReady: Bool, isAlive: Bool, status: String, now: ContinuousClock.Instant) {
        guard socket != nil else { return }
        let lines = state.withLock { state in
            var lines: [String] = []
            if isReady, !state.isReady { lines.append("READY=1") }
            if status != state.status { lines.append("STATUS=\(status.replacing("\n", with: " "))") }
            if isAlive, let feedingInterval, state.fedAt.map({ $0.duration(to: now) >= feedingInterval }) ?? true {
                lines.append("WATCHDOG=1")
                state.fedAt = now
            }
            state.isReady = state.isReady || isReady
            state.status = status
            return lines
        }
        if !lines.isEmpty { send(lines) }
    }

    /// Says that the process ends on purpose.
    func stopping() { send(["STOPPING=1"]) }

    /// Warns where nothing would set the fence of a process that hangs.
    func warn(about fence: FenceConfiguration) {
        let least = FenceStateMachine.Settings.leaseMin
        guard fence.mode == .cutOff, watchdog.map({ $0 > fence.after - least }) ?? true else { return }
        let what =
            watchdog == nil
            ? "there is no watchdog" : "the watchdog (WatchdogSec) is not shorter than fence.after by \(least)"
        logger.warning(
            "fence.mode is cut_off, but \(what): a process that hangs could not set its fence in time",
            metadata: ["fence.after": "\(fence.after)"])
    }

    private func send(_ lines: [String]) {
        guard let socket else { return }
        do throws(FileError) {
            try socket.send(lines.joined(separator: "\n"))
        } catch {
            logger.debug("systemd was not told", metadata: ["error": "\(error)"])
        }
    }
}
