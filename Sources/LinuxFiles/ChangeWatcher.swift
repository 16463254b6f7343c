/// Reports which files appear in and vanish from directory trees.
///
/// Made for trees whose files are written under another name and renamed into place: a file that is created directly
/// under its name is reported only when its directory is new. Directories themselves are never reported, neither are
/// changes of a file's content. Calls from several threads at once wait for each other.
package protocol ChangeWatcher: AnyObject, Sendable {
    /// Readable when there is something to drain, for a `Poller`. Valid until `close()`.
    var descriptor: Int32 { get }

    /// Which of the two kernel interfaces it uses; never `.automatic`.
    var kind: WatcherKind { get }

    /// Reports everything that happened before this call, without waiting: a rename(2) that has returned in another
    /// process is reported. What happens during the call may be left to the next one, so a storm of changes cannot
    /// keep it from ending.
    ///
    /// `body` must not call the watcher. Throws ESTALE when a root is no longer the directory that was opened
    /// (renamed, removed or made anew): make a new watcher and look at all files. After any other error, reports may
    /// have been lost: the next drain that succeeds says `.overflowed`.
    func drain(_ body: (FileChange) -> Void) throws(FileError) -> DrainOutcome

    /// Frees the kernel's resources. More calls do nothing; a drain after it throws EBADF.
    func close()
}
