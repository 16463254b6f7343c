import CLinux
import SystemPackage

/// Knows where the directories are that fanotify names by handle.
///
/// A filesystem mark reports every directory of the filesystem, so most handles may be of no interest. Handles inside
/// the trees are kept for good (at most 4096 directories for levels of one and two hex digits), foreign ones in a set
/// that is emptied when full. A handle is only ever wrong about its path after a rename of a directory; `forget` and
/// `learn` follow those.
struct FanotifyDirectories: Sendable {
    /// A tree as far as it is on one mount.
    struct Part: Sendable {
        /// Where it begins: the root of a tree, or what else is mounted in it.
        let top: DirectoryPlace
        /// The open descriptor of that directory, which its tree owns.
        let number: Int32
        let mount: Int32
        let handle: DirectoryHandle
    }

    let roots: [WatchedRoot]
    private(set) var parts: [Part] = []
    private var known: [DirectoryHandle: DirectoryPlace] = [:]
    private var foreign: Set<DirectoryHandle> = []
    private var knownCountBeforePruning = Self.knownCountMin
    /// Directories that hold others, where what is made is reported or will be; none where nobody asks for links.
    private var marked: Set<DirectoryPlace> = []
    private var unmarked: [DirectoryPlace] = []

    /// 16,384 foreign directories: about 1.5 MB.
    private static let foreignCountMax = 16_384
    private static let knownCountMin = 8192

    /// Finds the handles of the roots and of what is mounted in them; throws where a filesystem has none or the process
    /// may not open by handle.
    init(roots: [WatchedRoot]) throws(FileError) {
        self.roots = roots
        for (index, root) in roots.enumerated() {
            let top = DirectoryPlace(root: index, path: "")
            parts.append(try Self.part(top, root.directory.number, root.directory.path))
            for mount in root.mounts {
                parts.append(try Self.part(top.child(mount.path), mount.directory.number, mount.directory.path))
            }
        }
        forgetAll()
    }

    private static func part(_ top: DirectoryPlace, _ number: Int32, _ path: String) throws(FileError) -> Part {
        var filesystem: UInt64 = 0
        unsafe try checked(linux_filesystem_id(number, &filesystem), "find the filesystem of", path)
        var raw = linux_handle()
        var mount: Int32 = 0
        unsafe try checked(
            linux_handle_at(number, "", &raw, &mount), "get the file handle of", path,
            advice: "This filesystem cannot be watched with fanotify: use inotify"
        )
        unsafe try linux_close(
            checked(
                linux_open_directory_by_handle(number, &raw), "open by file handle", path,
                advice: "fanotify needs CAP_DAC_READ_SEARCH: grant it, or use inotify"
            )
        )
        return Part(
            top: top, number: number, mount: mount, handle: DirectoryHandle(filesystem: filesystem, raw: raw))
    }

    func fullPath(_ place: DirectoryPlace) -> String { roots[place.root].fullPath(place.path) }

    /// Directories that hold others since the last call, or from the beginning.
    mutating func takeUnmarked() -> [DirectoryPlace] {
        defer { unmarked = [] }
        return unmarked
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
                remember(handle, place)
                if skipsLeaves, isLeaf(place) { continue }
                try roots[place.root].directory.forEachEntry(in: place.path) { name, isDirectory in
                    if isDirectory {
                        let below = place.child(name)
                        if roots[place.root].isWatched(below.path) { pending.append(below) }
                    } else {
                        found(place, name)
                    }
                }
            } catch  where error.isAbsent {
                continue  // Removed or renamed meanwhile: there is an event about that.
            }
        }
    }

    private mutating func remember(_ handle: DirectoryHandle, _ place: DirectoryPlace) {
        known[handle] = place
        if let parent = place.parent { mark(parent) }
    }

    private mutating func mark(_ place: DirectoryPlace) {
        if roots[place.root].hasFilter, marked.insert(place).inserted { unmarked.append(place) }
    }

    /// Another directory, or none, may be at this place.
    mutating func unmark(_ place: DirectoryPlace) { marked = marked.filter { !place.contains($0) } }

    /// Forgets a directory that is no longer at its place, and everything below it.
    mutating func forget(_ place: DirectoryPlace) {
        known = known.filter { !place.contains($0.value) }
        foreign.removeAll()
    }

    /// Forgets all but the roots and what is mounted in them; the rest is found again when it is needed.
    mutating func forgetAll() {
        known.removeAll()
        foreign.removeAll()
        marked.removeAll()
        for part in parts {
            remember(part.handle, part.top)
            if part.top.path.isEmpty { mark(part.top) }
        }
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
    /// through another mount may look like one of ours. A filesystem may be mounted at several places of the trees.
    private mutating func resolve(_ handle: DirectoryHandle) throws(FileError) -> DirectoryPlace? {
        var isCertain = true
        for part in parts where part.handle.filesystem == handle.filesystem {
            var raw = handle.raw
            let number = unsafe linux_open_directory_by_handle(part.number, &raw)
            // Removed since: so are its files. Not remembered as foreign, to be safe against a passing failure.
            if number == -ESTALE || number == -ENOENT { return nil }
            let name = "a directory on \(fullPath(part.top))"
            let opened = Descriptor(owning: try checked(number, "open by its handle", name))
            let path = try WatchedRoot.path(of: opened.number, named: name)
            guard let relativePath = roots[part.top.root].relativePath(path) else { continue }
            let place = DirectoryPlace(root: part.top.root, path: relativePath)
            guard roots[place.root].isWatched(place.path) else { continue }
            do {
                if try self.handle(at: place) == handle {
                    remember(handle, place)
                    return place
                }
            } catch  where error.isAbsent || error.code == ELOOP {}
            isCertain = false
        }
        guard isCertain else { return nil }
        if foreign.count >= Self.foreignCountMax { foreign.removeAll(keepingCapacity: true) }
        foreign.insert(handle)
        return nil
    }

    /// The handle of what is at this place now; nil where something was mounted since the parts were found: the watch
    /// does not reach it, and the root says that it has changed.
    private func handle(at place: DirectoryPlace) throws(FileError) -> DirectoryHandle? {
        let root = roots[place.root]
        var raw = linux_handle()
        var mount: Int32 = 0
        unsafe try checked(
            linux_handle_at(root.directory.number, place.path, &raw, &mount), "get the file handle of",
            root.fullPath(place.path)
        )
        // The innermost of those that hold it: they stand in the order of their paths.
        guard let part = parts.last(where: { $0.top.contains(place) }), part.mount == mount else { return nil }
        return DirectoryHandle(filesystem: part.handle.filesystem, raw: raw)
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
