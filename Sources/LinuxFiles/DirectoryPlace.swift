/// Where a directory is: in which of the watched trees, and at which path below its root.
struct DirectoryPlace: Hashable, Sendable {
    let root: Int
    /// Relative to the root; "" is the root itself.
    let path: String

    func child(_ name: String) -> DirectoryPlace {
        DirectoryPlace(root: root, path: path.isEmpty ? name : "\(path)/\(name)")
    }

    /// The directory that holds it; nil for a root.
    var parent: DirectoryPlace? {
        guard !path.isEmpty else { return nil }
        return DirectoryPlace(root: root, path: path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "")
    }

    /// True for the directory itself and for everything below it.
    func contains(_ other: DirectoryPlace) -> Bool {
        guard root == other.root else { return false }
        return path.isEmpty || other.path == path || other.path.hasPrefix(path + "/")
    }

    func change(_ name: String, _ kind: FileChange.Kind) -> FileChange {
        FileChange(root: root, directory: path, name: name, kind: kind)
    }
}
