import CLinux
import Synchronization

/// An exclusive lock between processes, held through an open file (flock(2)).
///
/// The kernel releases it when the process ends in whatever way, so a lock is never left behind. The file stays:
/// removing it would let two processes hold "the" lock on two files of one name.
package final class FileLock: Sendable {
    private let descriptor: Mutex<Descriptor?>

    /// Takes the lock at once, making the file if need be, or throws: an error with `isLocked` when somebody else
    /// holds it.
    package init(path: String) throws(FileError) {
        let opened = Descriptor(owning: unsafe try checked(linux_open_create(path, 0o600), "open the lock file", path))
        try checked(
            linux_lock_exclusively(opened.number), "lock", path,
            advice: "Another process holds this lock: stop it, or give this one a directory of its own"
        )
        descriptor = Mutex(opened)
    }

    /// Gives the lock back; more calls do nothing.
    package func release() {
        descriptor.withLock { $0 = nil }
    }
}
