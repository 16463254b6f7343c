import CLinux
import Synchronization
import SystemPackage

/// Watches whole filesystems and reports what happens in the given trees (fanotify(7), FAN_REPORT_DFID_NAME).
///
/// Nothing to set up for each directory and no limit on the queue; changes elsewhere on the filesystem cost a look in
/// a table. What this process does to files itself is not reported. Needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH.
package final class FanotifyWatcher: ChangeWatcher {
    package let descriptor: Int32
    package var kind: WatcherKind { .fanotify }

    private let queue: Mutex<FanotifyQueue?>

    /// Watches trees that exist.
    ///
    /// - Parameters:
    ///   - filter: which directories are watched; nil: all.
    ///   - reportsOwnProcess: also report what this process does.
    package init(
        roots: [String], filter: DirectoryFilter? = nil, reportsOwnProcess: Bool = false
    ) throws(FileError) {
        let queue = try FanotifyQueue.watching(
            try WatchedRoot.open(roots, filter), skippedProcess: reportsOwnProcess ? -1 : linux_process_id()
        )
        descriptor = queue.number
        self.queue = Mutex(queue)
    }

    package func drain(_ body: (FileChange) -> Void) throws(FileError) -> DrainOutcome {
        try queue.withLock { queue throws(FileError) in
            guard let outcome = try queue?.drain(body) else {
                throw FileError(errno: .badFileDescriptor, operation: "drain", path: "a closed watcher")
            }
            return outcome
        }
    }

    package func close() {
        queue.withLock { $0 = nil }
    }
}
