import CLinux
import SystemPackage

/// The root of a watched tree, held open.
final class WatchedRoot: Sendable {
    let directory: Directory
    /// The path without symbolic links, as /proc shows it.
    let realPath: String
    private let device: UInt64
    private let inode: UInt64
    private let filter: DirectoryFilter?
    /// What else is mounted in the tree.
    let mounts: [MountedDirectory]
    /// Where, also what could not be opened.
    private let mountPaths: [String]
    private let table: MountTable

    private init(path: String, _ filter: DirectoryFilter?) throws(FileError) {
        directory = try Directory(path: path)
        realPath = try Self.path(of: directory.number, named: path)
        self.filter = filter
        table = try MountTable { [realPath] in MountedDirectory.paths(of: $0, in: realPath, filter) }
        mountPaths = try table.mountPoints()
        mounts = try MountedDirectory.open(mountPaths, in: directory)
        var status = linux_status()
        unsafe try checked(linux_status_at(directory.number, "", &status), "get the status of", path)
        device = status.device
        inode = status.inode
    }

    /// Opens all roots; throws EINVAL when one of them is another one or lies in it, because a file would have two
    /// paths.
    ///
    /// - Parameter filter: which directories are watched; nil: all.
    static func open(_ paths: [String], _ filter: DirectoryFilter?) throws(FileError) -> [WatchedRoot] {
        var roots: [WatchedRoot] = []
        for path in paths {
            let root = try WatchedRoot(path: path, filter)
            for other in roots where root.overlaps(other) {
                throw FileError(
                    errno: .invalidArgument, operation: "watch", path: path,
                    advice:
                        "It overlaps with \"\(other.directory.path)\": give directories that do not contain one another"
                )
            }
            roots.append(root)
        }
        return roots
    }

    /// Whether it is told which directories are watched.
    var hasFilter: Bool { filter != nil }

    /// Whether a directory is to be watched.
    func isWatched(_ relativePath: String) -> Bool { relativePath.isEmpty || filter?(relativePath) ?? true }

    /// Whether only a directory is expected at a path.
    func isForDirectory(_ relativePath: String) -> Bool { filter?(relativePath) ?? false }

    /// Throws ESTALE when the path that was given stands for another directory by now, or for none, or when something
    /// was mounted or unmounted in the tree.
    ///
    /// The watch then follows a tree that nobody writes to, or only a part of it.
    func checkUnchanged() throws(FileError) {
        try checkRoot()
        guard try table.mountPoints() != mountPaths || mounts.contains(where: { !$0.isThere(in: directory) }) else {
            return
        }
        throw FileError(
            errno: Errno(rawValue: ESTALE), operation: "watch", path: directory.path,
            advice: "Something was mounted or unmounted in it: watch it again and look at all of its files"
        )
    }

    private func checkRoot() throws(FileError) {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        let result = unsafe linux_identity_of_path(directory.path, &device, &inode)
        if result == 0, device == self.device, inode == self.inode { return }
        if result < 0, result != -ENOENT, result != -ENOTDIR { try checked(result, "watch", directory.path) }
        throw FileError(
            errno: Errno(rawValue: ESTALE), operation: "watch", path: directory.path,
            advice: "The directory was renamed, removed or made anew: watch it again and look at all of its files"
        )
    }

    /// Opens a directory of the tree, "" for the root; nil when there is none any more.
    func open(_ relativePath: String) throws(FileError) -> Directory? {
        do {
            return try directory.openDirectory(relativePath.isEmpty ? "." : relativePath)
        } catch {
            // A link has taken its place.
            if error.code == ELOOP { return nil }
            throw error
        }
    }

    /// The full path of a directory below the root.
    func fullPath(_ relativePath: String) -> String {
        relativePath.isEmpty ? realPath : "\(realPath == "/" ? "" : realPath)/\(relativePath)"
    }

    /// The part of a full path that is below this root; nil for a path elsewhere.
    func relativePath(_ fullPath: String) -> String? {
        if fullPath == realPath { return "" }
        let prefix = realPath == "/" ? "/" : realPath + "/"
        return fullPath.hasPrefix(prefix) ? String(fullPath.dropFirst(prefix.count)) : nil
    }

    /// The path of an open descriptor as the kernel knows it now.
    static func path(of descriptor: Int32, named name: String) throws(FileError) -> String {
        let buffer = ReadBuffer(byteCount: 4096)
        let count = unsafe linux_path_of(descriptor, buffer.bytes.baseAddress, buffer.byteCount)
        return buffer.text(from: 0, to: try checked(count, "find the path of", name))
    }

    private func overlaps(_ other: WatchedRoot) -> Bool {
        let isSame = device == other.device && inode == other.inode
        return isSame || relativePath(other.realPath) != nil || other.relativePath(realPath) != nil
    }
}
