import CLinux
import SystemPackage

/// A directory in a tree on which something else is mounted, held open: as long as it is, nothing else has its device
/// and inode number.
final class MountedDirectory: Sendable {
    /// Relative to the root of the tree.
    let path: String
    let directory: Directory
    private let device: UInt64
    private let inode: UInt64

    private init(_ directory: consuming Directory, path: String) throws(FileError) {
        self.path = path
        var status = linux_status()
        unsafe try checked(linux_status_at(directory.number, "", &status), "get the status of", directory.path)
        device = status.device
        inode = status.inode
        self.directory = directory
    }

    /// Those of some mount points that lie in a tree, relative to its root and sorted; one that is mounted on twice
    /// stands there twice.
    ///
    /// - Parameters:
    ///   - realPath: of the root, without symbolic links.
    ///   - filter: which directories count; nil: all.
    static func paths(of mountPoints: [String], in realPath: String, _ filter: DirectoryFilter?) -> [String] {
        let prefix = realPath == "/" ? "/" : realPath + "/"
        return mountPoints.compactMap { point -> String? in
            guard point.hasPrefix(prefix), point.utf8.count > prefix.utf8.count else { return nil }
            let path = String(point.dropFirst(prefix.count))
            return filter?(path) ?? true ? path : nil
        }.sorted()
    }

    /// Opens what is mounted at these paths; what is no directory, or hidden by another mount, is left out.
    static func open(_ paths: [String], in root: borrowing Directory) throws(FileError) -> [MountedDirectory] {
        var opened: [MountedDirectory] = []
        for path in paths where opened.last?.path != path {
            do {
                guard let directory = try root.openDirectory(path) else { continue }
                opened.append(try MountedDirectory(directory, path: path))
            } catch {
                // The path of a mount has no link in it, so another mount hides this one.
                guard error.code == ELOOP else { throw error }
            }
        }
        return opened
    }

    /// Whether this is still what is at its path.
    func isThere(in root: borrowing Directory) -> Bool {
        var status = linux_status()
        guard unsafe linux_status_at(root.number, path, &status) == 0 else { return false }
        return status.device == device && status.inode == inode
    }
}
