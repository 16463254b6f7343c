import CLinux

extension Directory {
    /// Gives a file another name in the same directory.
    ///
    /// - Parameter replaces: whether what has that name goes; else the file keeps its own.
    /// - Returns: false where there is no such file, or the name is taken.
    package func rename(_ relativePath: String, to newName: String, replaces: Bool) throws(FileError) -> Bool {
        let result = try inParent(of: relativePath, "rename") { parent, name in
            replaces
                ? unsafe linux_rename_in(parent, name, newName)
                : unsafe linux_rename_in_if_free(parent, name, newName)
        }
        if result == -ENOENT || result == -ENOTDIR || (!replaces && result == -EEXIST) { return false }
        try checked(result, "rename", "\(path)/\(relativePath)")
        return true
    }
}
