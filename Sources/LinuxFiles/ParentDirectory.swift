import CLinux

/// The directory that holds a file.
enum ParentDirectory {
    /// Its path; `.` for a name without one.
    static func path(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Returns when the names in it are on the disk: the file's own, and that of one that was renamed to it.
    static func synchronise(of path: String) throws(FileError) {
        let parent = Self.path(of: path)
        let opened = unsafe try checked(linux_open_directory(parent), "open the directory", parent)
        let directory = Descriptor(owning: opened)
        try checked(linux_sync(directory.number), "write to the disk", parent)
    }
}
