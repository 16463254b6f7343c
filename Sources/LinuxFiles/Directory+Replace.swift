import CLinux
import SystemPackage

extension Directory {
    /// Puts a new file in the place of an open one, with its owner, group and permissions.
    ///
    /// Whoever has the old file open goes on with it, unharmed; its bytes are free when the last of them has closed it.
    /// Where the name stands for another file by now, or for none, nothing is done. One that gets the name between that
    /// last look and rename(2), a few microseconds, is replaced as well.
    /// - Parameter temporaryName: the new file has this name in the same directory until it is whole. A file of this
    ///   name is taken for a leftover and removed.
    /// - Returns: whether it was done.
    package func replace(
        _ file: borrowing OpenFile, with bytes: [UInt8], temporaryName: String
    ) throws(FileError) -> Bool {
        let old = file.number
        let result = try inParent(of: file.relativePath, "replace") { parent, name in
            var new = unsafe linux_create_in(parent, temporaryName)
            if new == -EEXIST {
                _ = unsafe linux_unlink(parent, temporaryName)
                new = unsafe linux_create_in(parent, temporaryName)
            }
            guard new >= 0 else { return new }
            var result = Self.fill(Descriptor(owning: new), bytes, like: old)
            if result == 0 {
                result = Self.isSame(old, parent, name) ? unsafe linux_rename_in(parent, temporaryName, name) : -ESTALE
            }
            if result != 0 { _ = unsafe linux_unlink(parent, temporaryName) }
            return result
        }
        if result == -ESTALE || result == -ENOENT || result == -ENOTDIR { return false }
        try checked(result, "replace", file.path)
        return true
    }

    /// Writes a file that was just made; returns 0 or `-errno`.
    private static func fill(_ file: consuming Descriptor, _ bytes: [UInt8], like old: Int32) -> Int32 {
        let result = linux_copy_access(old, file.number)
        guard result == 0 else { return result }
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe linux_pwrite(file.number, bytes.baseAddress, bytes.count, 0)
        }
        guard count >= 0 else { return Int32(count) }
        // A regular file takes less only where there is no room for more.
        return count == bytes.count ? 0 : -ENOSPC
    }

    /// Whether a name stands for an open file.
    private static func isSame(_ file: Int32, _ parent: Int32, _ name: String) -> Bool {
        var (opened, named) = (linux_status(), linux_status())
        return unsafe linux_status_at(file, "", &opened) == 0 && linux_status_at(parent, name, &named) == 0
            && opened.inode == named.inode && opened.device == named.device
    }
}
