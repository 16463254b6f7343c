import Synchronization
import SystemPackage

/// Watches each directory of the given trees (inotify(7)).
///
/// Needs no privilege but read access. A new directory is watched, then listed, so a file in it is never missed. The
/// kernel's queue is limited (fs.inotify.max_queued_events, 16,384): a drain after more events than that says
/// `.overflowed`. What this process does itself is reported too.
package final class InotifyWatcher: ChangeWatcher {
    package let descriptor: Int32
    package var kind: WatcherKind { .inotify }

    private let queue: Mutex<InotifyQueue?>

    /// Watches trees that exist.
    ///
    /// Lists every directory, so it takes about a second for a few million files. Throws ENOSPC when the limit of
    /// watches is reached, EMFILE when that of instances is, EACCES for a directory that may not be read.
    ///
    /// - Parameter filter: which directories are watched; nil: all.
    package init(roots: [String], filter: DirectoryFilter? = nil) throws(FileError) {
        let queue = try InotifyQueue.watching(try WatchedRoot.open(roots, filter))
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
