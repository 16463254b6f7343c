/// Reports which files appear in and vanish from directory trees.
///
/// Made for trees whose files are written under another name and renamed into place: a file that is created directly
/// under its name is reported only when its directory is new. Directories themselves are never reported, neither are
/// changes of a file's content. What else is mounted in a tree is a part of it. Where a ``DirectoryFilter`` expects a
/// directory and something else takes its place, such as a symbolic link, the drain says
/// `.overflowed`. Calls from several threads at once wait for each other.
package protocol ChangeWatcher: AnyObject, Sendable {
    /// Readable when there is something to drain, for a `Poller`. Valid until `close()`.
    var descriptor: Int32 { get }

    /// Which of the two kernel interfaces it uses; never `.automatic`.
    var kind: WatcherKind { get }

    /// Reports everything that happened before this call, without waiting: a rename(2) that has returned in another
    /// process is reported. What happens during the call may be left to the next one, so a storm of changes cannot
    /// keep it from ending.
    ///
    /// `body` must not call the watcher. Throws ESTALE when a root, or a directory mounted in it, is no longer the one
    /// that was opened (renamed, removed, made anew, mounted over), or when something was mounted or unmounted in a
    /// tree: make a new watcher and look at all files. After any other error, reports may
    /// have been lost: the next drain that succeeds says `.overflowed`.
    func drain(_ body: (FileChange) -> Void) throws(FileError) -> DrainOutcome

    /// Frees the kernel's resources. More calls do nothing; a drain after it throws EBADF.
    func close()
}
