/// Which directory is the root of a tree, and which ones are mounted in it.
package struct TreeIdentity: Hashable, Sendable {
    package let root: FileIdentity
    /// By their paths, relative to the root.
    package let mounts: [String: FileIdentity]

    package init(root: FileIdentity, mounts: [String: FileIdentity] = [:]) {
        self.root = root
        self.mounts = mounts
    }

    /// What is there now.
    ///
    /// - Parameter filter: which directories in it count; nil: all.
    package init(of directory: borrowing Directory, _ filter: DirectoryFilter? = nil) throws(FileError) {
        root = try Self.identity(directory)
        let realPath = try WatchedRoot.path(of: directory.number, named: directory.path)
        let paths = MountedDirectory.paths(of: try MountTable().mountPoints(), in: realPath, filter)
        var mounts: [String: FileIdentity] = [:]
        for mount in try MountedDirectory.open(paths, in: directory) {
            mounts[mount.path] = try Self.identity(mount.directory)
        }
        self.mounts = mounts
    }

    /// Whether the same directories may be meant, seen at different times, perhaps under different kernels.
    package func mayBe(_ other: TreeIdentity) -> Bool {
        root.mayBe(other.root) && mounts.count == other.mounts.count
            && mounts.allSatisfy { path, identity in other.mounts[path].map(identity.mayBe) ?? false }
    }

    private static func identity(_ directory: borrowing Directory) throws(FileError) -> FileIdentity {
        guard let status = try directory.status(of: "") else {
            throw FileError(code: 2, operation: "get the status of", path: directory.path)
        }
        return status.identity
    }
}
