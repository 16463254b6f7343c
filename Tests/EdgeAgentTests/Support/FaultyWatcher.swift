import LinuxFiles
import Synchronization
import TestSupport

/// A real watcher that can be told to fail.
final class FaultyWatcher: ChangeWatcher {
    enum Fault {
        /// Every drain throws; what it would have reported is lost.
        case fails
        /// The next drain loses what it would have reported, and says so.
        case overflowsOnce
        /// Drains report nothing, and the kernel's queue fills.
        case sleeps
    }

    private static let fanotifyWorks = (try? TemporaryDirectory()).map { directory in
        (try? FanotifyWatcher(roots: [directory.path])) != nil
    }
    static let kinds: [WatcherKind] = fanotifyWorks == true ? [.fanotify, .inotify] : [.inotify]

    private let watcher: any ChangeWatcher
    private let fault = Mutex<Fault?>(nil)
    private let lost = Mutex(false)

    /// Makes a watcher that also reports what the tests themselves do.
    init(_ kind: WatcherKind, roots: [String], filter: DirectoryFilter? = nil) throws(FileError) {
        switch kind {
        case .fanotify: watcher = try FanotifyWatcher(roots: roots, filter: filter, reportsOwnProcess: true)
        case .inotify, .automatic: watcher = try InotifyWatcher(roots: roots, filter: filter)
        }
    }

    var descriptor: Int32 { watcher.descriptor }
    var kind: WatcherKind { watcher.kind }

    func set(_ fault: Fault?) { self.fault.withLock { $0 = fault } }

    func drain(_ body: (FileChange) -> Void) throws(FileError) -> DrainOutcome {
        switch fault.withLock({ $0 }) {
        case .fails:
            _ = try watcher.drain { _ in }
            lost.withLock { $0 = true }
            // Any error will do.
            _ = try Directory(path: "/nowhere/a faulty watcher")
            return .complete
        case .overflowsOnce:
            set(nil)
            _ = try watcher.drain { _ in }
            return .overflowed
        case .sleeps: return .complete
        case nil:
            let outcome = try watcher.drain(body)
            let hasLost = lost.withLock { lost in
                defer { lost = false }
                return lost
            }
            return hasLost ? .overflowed : outcome
        }
    }

    func close() { watcher.close() }
}
