import CLinux
import Synchronization

/// Waits until one of a few descriptors is readable, a time has passed, or somebody calls `wake()`.
package final class Poller: Sendable {
    /// Why `wait` returned.
    ///
    /// More than one can be true; none is when the time has passed.
    package struct Outcome: Sendable, Equatable {
        /// One of the descriptors is readable, or closed or broken: whoever reads it finds out which.
        ///
        /// Or something was mounted or unmounted.
        package let isReadable: Bool
        /// `wake()` was called since the last `wait` that said so.
        package let wasWoken: Bool

        package init(isReadable: Bool, wasWoken: Bool) {
            self.isReadable = isReadable
            self.wasWoken = wasWoken
        }
    }

    private let signal: Descriptor
    private let descriptors: Mutex<[Int32]>
    /// Tells of mounts; nil where nobody asked for them.
    private let mounts: MountTable?

    /// Watches descriptors that somebody else owns and keeps open for as long as this is used.
    ///
    /// - Parameter mounts: a table that nobody else uses; a wait ends when something was mounted or unmounted.
    package init(descriptors: [Int32], mounts: MountTable? = nil) throws(FileError) {
        self.mounts = mounts
        signal = Descriptor(owning: try checked(linux_eventfd_create(), "create an eventfd for", "a poller"))
        self.descriptors = Mutex(descriptors)
    }

    /// Watches other descriptors from the next `wait` on.
    package func replace(descriptors: [Int32]) {
        self.descriptors.withLock { $0 = descriptors }
    }

    /// Blocks the thread; nil waits without a limit, zero or less only looks.
    ///
    /// A `wake()` that came before the call counts too: it returns at once.
    @discardableResult
    package func wait(timeout: Duration?) -> Outcome {
        let deadline = timeout.map { Self.deadline(after: $0) }
        let descriptors = descriptors.withLock { $0 }
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // Always readable; what is urgent is that it changed.
        if let mounts { entries.append(pollfd(fd: mounts.number, events: Int16(POLLPRI), revents: 0)) }
        entries.append(pollfd(fd: signal.number, events: Int16(POLLIN), revents: 0))
        while true {
            let remaining = deadline.map { max(0, $0 - linux_monotonic_nanoseconds()) } ?? -1
            let result = unsafe linux_poll(&entries, UInt(entries.count), remaining)
            if result == -EINTR { continue }
            // The only other failures are a lack of memory and a bad argument; the caller looks and waits again.
            guard result > 0 else { return Outcome(isReadable: result < 0, wasWoken: false) }
            let wasWoken = entries.removeLast().revents != 0
            if wasWoken { linux_eventfd_clear(signal.number) }
            return Outcome(isReadable: entries.contains { $0.revents != 0 }, wasWoken: wasWoken)
        }
    }

    /// Makes the current or else the next `wait` return.
    ///
    /// From any thread; several calls may count as one.
    package func wake() {
        linux_eventfd_signal(signal.number)
    }

    private static func deadline(after timeout: Duration) -> Int64 {
        // A hundred years stands for anything longer, so that the sum cannot overflow.
        let limit = Duration.seconds(100 * 365 * 86_400)
        let (seconds, attoseconds) = min(max(timeout, .zero), limit).components
        return linux_monotonic_nanoseconds() + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
