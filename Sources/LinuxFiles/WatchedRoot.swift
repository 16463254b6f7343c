import CLinux
import SystemPackage

/// The root of a watched tree, held open.
final class WatchedRoot: Sendable {
    let directory: Directory
    /// The path without symbolic links, as /proc shows it.
    let realPath: String
    private let device: UInt64
    private let inode: UInt64

    private init(path: String) throws(FileError) {
        directory = try Directory(path: path)
        realPath = try Self.path(of: directory.number, named: path)
        var status = linux_status()
        unsafe try checked(linux_status_at(directory.number, "", &status), "get the status of", path)
        device = status.device
        inode = status.inode
    }

    /// Opens all roots; throws EINVAL when one of them is another one or lies in it, because a file would have two
    /// paths.
    static func open(_ paths: [String]) throws(FileError) -> [WatchedRoot] {
        var roots: [WatchedRoot] = []
        for path in paths {
            let root = try WatchedRoot(path: path)
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

    /// Throws ESTALE when the path that was given stands for another directory by now, or for none.
    ///
    /// The watch then follows a tree that nobody writes to.
    func checkUnchanged() throws(FileError) {
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
