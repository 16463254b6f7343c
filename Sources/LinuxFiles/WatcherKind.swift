/// The kernel interface behind a watcher.
package enum WatcherKind: String, Sendable, CaseIterable {
    /// fanotify when it works here, else inotify.
    case automatic
    /// One mark on each filesystem: needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH, and a filesystem with file handles.
    case fanotify
    /// One watch on each directory: no privilege, but a queue of limited length and a limited number of watches.
    case inotify

    /// Makes a watcher over directory trees; they must exist, may be symbolic links, and may not contain one another.
    ///
    /// Changes from the moment it returns on are reported, so look at the files that are there already after it. With
    /// `.automatic`, `kind` of the result tells which one it became.
    ///
    /// - Parameter filter: which directories are watched; nil: all.
    package static func makeWatcher(
        roots: [String], kind: WatcherKind, filter: DirectoryFilter? = nil
    ) throws(FileError) -> any ChangeWatcher {
        switch kind {
        case .fanotify: return try FanotifyWatcher(roots: roots, filter: filter)
        case .inotify: return try InotifyWatcher(roots: roots, filter: filter)
        case .automatic:
            // Whatever keeps fanotify from working, missing capability or filesystem; a bad root fails the same way in
            // inotify.
            if let watcher = try? FanotifyWatcher(roots: roots, filter: filter) { return watcher }
            return try InotifyWatcher(roots: roots, filter: filter)
        }
    }
}
