import CLinux
import SystemPackage

/// Knows where the directories are that fanotify names by handle.
///
/// A filesystem mark reports every directory of the filesystem, so most handles may be of no interest. Handles inside
/// the trees are kept for good (at most 4096 directories for levels of one and two hex digits), foreign ones in a set
/// that is emptied when full. A handle is only ever wrong about its path after a rename of a directory; `forget` and
/// `learn` follow those.
struct FanotifyDirectories: Sendable {
    let roots: [WatchedRoot]
    private var rootHandles: [DirectoryHandle] = []
    private var rootMounts: [Int32] = []
    private var known: [DirectoryHandle: DirectoryPlace] = [:]
    private var foreign: Set<DirectoryHandle> = []
    private var knownCountBeforePruning = Self.knownCountMin

    /// 16,384 foreign directories: about 1.5 MB.
    private static let foreignCountMax = 16_384
    private static let knownCountMin = 8192

    /// Finds the roots' handles; throws where the filesystem has none or the process may not open by handle.
    init(roots: [WatchedRoot]) throws(FileError) {
        self.roots = roots
        for root in roots {
            let path = root.directory.path
            var filesystem: UInt64 = 0
            unsafe try checked(linux_filesystem_id(root.directory.number, &filesystem), "find the filesystem of", path)
            var raw = linux_handle()
            var mount: Int32 = 0
            unsafe try checked(
                linux_handle_at(root.directory.number, "", &raw, &mount), "get the file handle of", path,
                advice: "This filesystem cannot be watched with fanotify: use inotify"
            )
            unsafe try linux_close(
                checked(
                    linux_open_directory_by_handle(root.directory.number, &raw), "open by file handle", path,
                    advice: "fanotify needs CAP_DAC_READ_SEARCH: grant it, or use inotify"
                )
            )
            rootHandles.append(DirectoryHandle(filesystem: filesystem, raw: raw))
            rootMounts.append(mount)
        }
        forgetAll()
    }

    /// Where the directory is; nil when it is in none of the trees, or gone.
    mutating func place(of handle: DirectoryHandle) throws(FileError) -> DirectoryPlace? {
        if let place = known[handle] { return place }
        if foreign.contains(handle) { return nil }
        return try resolve(handle)
    }

    /// Records a directory that is new at its place, and all directories below it; `found` is called with each file in
    /// them.
    ///
    /// Where only directories are of interest, `skipsLeaves` saves listing those that can have none below them.
    mutating func learn(
        _ place: DirectoryPlace, skipsLeaves: Bool, _ found: (DirectoryPlace, _ name: String) -> Void
    ) throws(FileError) {
        var pending = [place]
        while let place = pending.popLast() {
            do {
                guard let handle = try handle(at: place) else { continue }
                foreign.remove(handle)
                known[handle] = place
                if skipsLeaves, isLeaf(place) { continue }
                try roots[place.root].directory.forEachEntry(in: place.path) { name, isDirectory in
                    if isDirectory {
                        pending.append(place.child(name))
                    } else {
                        found(place, name)
                    }
                }
            } catch  where error.isAbsent {
                continue  // Removed or renamed meanwhile: there is an event about that.
            }
        }
    }

    /// Forgets a directory that is no longer at its place, and everything below it.
    mutating func forget(_ place: DirectoryPlace) {
        known = known.filter { !place.contains($0.value) }
        foreign.removeAll()
    }

    /// Forgets all but the roots; the rest is found again when it is needed.
    mutating func forgetAll() {
        known.removeAll()
        foreign.removeAll()
        for (root, handle) in rootHandles.enumerated() { known[handle] = DirectoryPlace(root: root, path: "") }
    }

    /// Drops directories that no longer exist, once there could be many.
    ///
    /// Not when a directory is removed: events of its files may still follow in the queue, and they need its path.
    mutating func pruneIfLarge() {
        guard known.count > knownCountBeforePruning else { return }
        known = known.filter { handle, place in (try? self.handle(at: place)) == handle }
        knownCountBeforePruning = max(Self.knownCountMin, 2 * known.count)
    }

    /// Asks the kernel for the path.
    ///
    /// Checked in the other direction too: between the calls the directory may have been renamed, and a path seen
    /// through another mount may look like one of ours.
    private mutating func resolve(_ handle: DirectoryHandle) throws(FileError) -> DirectoryPlace? {
        guard let mount = rootHandles.firstIndex(where: { $0.filesystem == handle.filesystem }) else { return nil }
        var raw = handle.raw
        let number = unsafe linux_open_directory_by_handle(roots[mount].directory.number, &raw)
        // Removed since: so are its files. Not remembered as foreign, to be safe against a passing failure.
        if number == -ESTALE || number == -ENOENT { return nil }
        let opened = Descriptor(owning: try checked(number, "open a directory by its handle on", roots[mount].realPath))
        let path = try WatchedRoot.path(of: opened.number, named: "a directory on \(roots[mount].realPath)")
        for (index, root) in roots.enumerated() {
            guard let relativePath = root.relativePath(path) else { continue }
            let place = DirectoryPlace(root: index, path: relativePath)
            do {
                guard try self.handle(at: place) == handle else { return nil }
            } catch  where error.isAbsent {
                return nil
            }
            known[handle] = place
            return place
        }
        if foreign.count >= Self.foreignCountMax { foreign.removeAll(keepingCapacity: true) }
        foreign.insert(handle)
        return nil
    }

    /// The handle of what is at this place now; throws EXDEV where another filesystem is mounted inside a tree,
    /// because the marks do not cover it.
    private func handle(at place: DirectoryPlace) throws(FileError) -> DirectoryHandle? {
        let root = roots[place.root]
        var raw = linux_handle()
        var mount: Int32 = 0
        unsafe try checked(
            linux_handle_at(root.directory.number, place.path, &raw, &mount), "get the file handle of",
            root.fullPath(place.path)
        )
        guard mount == rootMounts[place.root] else {
            throw FileError(
                errno: .improperLink, operation: "watch", path: root.fullPath(place.path),
                advice:
                    "Another filesystem is mounted inside a watched directory: watch with inotify"
            )
        }
        return DirectoryHandle(filesystem: rootHandles[place.root].filesystem, raw: raw)
    }

    /// Two links are "." and the name in the parent: no directory below.
    ///
    /// Filesystems that do not count links say 1. A wrong answer only delays learning until the first event.
    private func isLeaf(_ place: DirectoryPlace) -> Bool {
        var status = linux_status()
        guard unsafe linux_status_at(roots[place.root].directory.number, place.path, &status) == 0 else { return false }
        return status.link_count == 2
    }
}
