import CLinux

/// A file that says something by being there; what is in it means nothing.
package struct MarkerFile: Sendable {
    package let path: String

    /// Names the file; nothing is done yet.
    package init(path: String) { self.path = path }

    /// Whether it is there: a regular file under exactly this name.
    package var isThere: Bool {
        get throws(FileError) {
            var status = linux_status()
            let result = unsafe linux_status_at(AT_FDCWD, path, &status)
            if result == -ENOENT || result == -ENOTDIR { return false }
            try checked(result, "get the status of", path)
            return status.mode & UInt32(S_IFMT) == UInt32(S_IFREG)
        }
    }

    /// Makes it; nothing happens when it is there already.
    ///
    /// - Parameter isDurable: whether it must be there after a power loss too. That waits for the disk.
    package func make(isDurable: Bool = false) throws(FileError) {
        let file = Descriptor(owning: unsafe try checked(linux_open_create(path, 0o644), "make the file", path))
        guard isDurable else { return }
        try checked(linux_sync(file.number), "write to the disk", path)
        try ParentDirectory.synchronise(of: path)
    }

    /// Removes it; nothing happens when it is not there.
    ///
    /// After a power loss it may be back.
    package func remove() throws(FileError) {
        let result = unsafe linux_unlink(AT_FDCWD, path)
        if result == -ENOENT || result == -ENOTDIR { return }
        try checked(result, "remove the file", path)
    }

    /// Whether this process may make and remove it now; throws the reason why not.
    package func checkAccess() throws(FileError) {
        let directory = ParentDirectory.path(of: path)
        try checked(
            unsafe linux_may_change_directory(directory), "make files in", directory,
            advice: "Give this user the right to write there"
        )
    }
}
