import CLinux
import SystemPackage

/// An open directory, the root of a tree of files.
///
/// All paths are relative to it.
///
/// A relative path may not leave the tree and no part of it may be a symbolic link (openat2(2)): the tree belongs to
/// another user than the privileged process that works on it. Safe to use from several threads at once.
package struct Directory: ~Copyable, Sendable {
    private let descriptor: Descriptor
    /// The path the directory was opened with.
    package let path: String

    /// Opens an existing directory; symbolic links in `path` are followed.
    package init(path: String) throws(FileError) {
        descriptor = Descriptor(owning: unsafe try checked(linux_open_directory(path), "open the directory", path))
        self.path = path
    }

    private init(_ descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// The descriptor, for the watchers' calls.
    var number: Int32 { descriptor.number }

    /// Opens a directory in this one; nil when there is none of that name.
    ///
    /// Throws ELOOP where a part of the path is a symbolic link, EXDEV for a path that leaves the tree.
    package func openDirectory(_ relativePath: String) throws(FileError) -> Directory? {
        let number = unsafe linux_open_directory_beneath(descriptor.number, relativePath)
        if number == -ENOENT || number == -ENOTDIR { return nil }
        let opened = Descriptor(owning: try checked(number, "open the directory", fullPath(relativePath)))
        return Directory(opened, path: fullPath(relativePath))
    }

    /// Opens a regular file; nil when there is none of that name.
    ///
    /// Throws ELOOP for a symbolic link, EISDIR for a directory, EOPNOTSUPP (or ENXIO) for other things that are no
    /// file, EXDEV for a path that leaves the tree.
    package func openFile(_ relativePath: String, for access: FileAccess) throws(FileError) -> OpenFile? {
        let number: Int32
        let operation: String
        switch access {
        case .reading:
            number = unsafe linux_open_file_for_reading(descriptor.number, relativePath)
            operation = "open for reading"
        case .updating:
            number = unsafe linux_open_file_for_updating(descriptor.number, relativePath)
            operation = "open for updating"
        }
        if number == -ENOENT || number == -ENOTDIR { return nil }
        let opened = Descriptor(owning: try checked(number, operation, fullPath(relativePath)))
        return try OpenFile(opened, operation: operation, directory: path, relativePath: relativePath)
    }

    /// As ``openFile(_:for:)`` for reading, with the status of the file that was opened: one system call less than
    /// asking for it later.
    package func openFile(
        _ relativePath: String, status: inout FileStatus?
    ) throws(FileError) -> OpenFile? {
        let operation = "open for reading"
        let number = unsafe linux_open_file_for_reading(descriptor.number, relativePath)
        if number == -ENOENT || number == -ENOTDIR { return nil }
        let opened = Descriptor(owning: try checked(number, operation, fullPath(relativePath)))
        let found = try FileStatus(descriptor: opened, path: fullPath(relativePath))
        status = found
        return try OpenFile(
            opened, status: found, operation: operation, directory: path, relativePath: relativePath)
    }

    /// Removes a file or a link; false when there was none.
    ///
    /// A directory is an error (EISDIR).
    package func remove(_ relativePath: String) throws(FileError) -> Bool {
        let result = try inParent(of: relativePath, "remove") { parent, name in unsafe linux_unlink(parent, name) }
        if result == -ENOENT || result == -ENOTDIR { return false }
        try checked(result, "remove", fullPath(relativePath))
        return true
    }

    /// Makes one directory; false when something of that name exists.
    ///
    /// The parent must exist. The process's umask applies.
    package func createDirectory(_ relativePath: String, permissions: UInt32 = 0o700) throws(FileError) -> Bool {
        let result = try inParent(of: relativePath, "create the directory") { parent, name in
            unsafe linux_make_directory(parent, name, permissions)
        }
        if result == -EEXIST { return false }
        try checked(result, "create the directory", fullPath(relativePath))
        return true
    }

    /// The status of a file, directory or link (not of what a link points to); nil when there is none.
    ///
    /// "" is this directory.
    package func status(of relativePath: String) throws(FileError) -> FileStatus? {
        let name = relativePath.isEmpty ? "." : relativePath
        // Opened first: status and handle have to be of the same file, also while it is being replaced.
        let number = unsafe linux_open_without_access(descriptor.number, name)
        if number == -ENOENT || number == -ENOTDIR { return nil }
        let opened = Descriptor(owning: try checked(number, "get the status of", fullPath(relativePath)))
        return try FileStatus(descriptor: opened, path: fullPath(relativePath))
    }

    /// Calls `body` with each name in one directory, in no particular order, without "." and "..".
    ///
    /// `relativePath` "" is this directory itself. A symbolic link counts as no directory. Entries that come or go
    /// meanwhile may be left out or not; all others are visited exactly once. Throws an `isAbsent` error when there is
    /// no such directory.
    package func forEachEntry(
        in relativePath: String, _ body: (_ name: String, _ isDirectory: Bool) -> Void
    ) throws(FileError) {
        let name = relativePath.isEmpty ? "." : relativePath
        let number = unsafe linux_open_directory_beneath(descriptor.number, name)
        let opened = Descriptor(owning: try checked(number, "list", fullPath(relativePath)))
        let buffer = ReadBuffer(byteCount: 32 * 1024)
        while true {
            let read = unsafe linux_directory_entries(opened.number, buffer.bytes.baseAddress, buffer.byteCount)
            let end = try checked(read, "list", fullPath(relativePath))
            guard end > 0 else { return }
            var offset = 0
            while offset < end {
                // struct linux_dirent64: inode 8, offset 8, record length 2, type 1, name.
                let next = offset + Int(buffer.load(offset + 16, as: UInt16.self))
                let name = buffer.text(from: offset + 19, to: next)
                if name != ".", name != ".." {
                    let type = buffer.load(offset + 18, as: UInt8.self)
                    body(name, isDirectory(type: type, name: name, in: opened))
                }
                offset = next
            }
        }
    }

    /// The value of an extended attribute of this directory (xattr(7)); nil when it has none of that name.
    ///
    /// Throws EOPNOTSUPP where the filesystem has no such attributes, ERANGE for a value of more than 256 bytes.
    package func attribute(_ name: String) throws(FileError) -> [UInt8]? {
        let buffer = ReadBuffer(byteCount: 256)
        let count = unsafe linux_attribute(descriptor.number, name, buffer.bytes.baseAddress, buffer.byteCount)
        if count == -Int(ENODATA) { return nil }
        let end = try checked(count, "read the attribute \(name) of", path)
        return unsafe Array(buffer.bytes[..<end])
    }

    /// Sets an extended attribute of this directory: all of it, or nothing.
    package func setAttribute(_ name: String, to bytes: [UInt8]) throws(FileError) {
        let result = unsafe bytes.withUnsafeBytes { bytes in
            unsafe linux_set_attribute(descriptor.number, name, bytes.baseAddress, bytes.count)
        }
        try checked(result, "set the attribute \(name) of", path)
    }

    /// What errors name: somebody has to find the file.
    private func fullPath(_ relativePath: String) -> String {
        relativePath.isEmpty ? path : "\(path)/\(relativePath)"
    }

    /// Calls `body` with the directory that holds the last part of a path, and that part.
    ///
    /// The result is the shim's: negative on failure. unlinkat(2) and mkdirat(2) would follow links in the middle of a
    /// path, openat2(2) does not.
    func inParent(
        of relativePath: String, _ operation: String, _ body: (_ parent: Int32, _ name: String) -> Int32
    ) throws(FileError) -> Int32 {
        guard let slash = relativePath.lastIndex(of: "/") else { return body(descriptor.number, relativePath) }
        let number = unsafe linux_open_directory_beneath(descriptor.number, String(relativePath[..<slash]))
        if number == -ENOENT || number == -ENOTDIR { return number }
        let parent = Descriptor(owning: try checked(number, operation, fullPath(relativePath)))
        return body(parent.number, String(relativePath[relativePath.index(after: slash)...]))
    }

    private func isDirectory(type: UInt8, name: String, in directory: borrowing Descriptor) -> Bool {
        guard type == 0 else { return type == 4 }  // DT_UNKNOWN, DT_DIR
        // Some filesystems leave the type to another call. An entry that is gone by now counts as a file.
        var status = linux_status()
        guard unsafe linux_status_at(directory.number, name, &status) == 0 else { return false }
        return status.mode & UInt32(S_IFMT) == UInt32(S_IFDIR)
    }
}
