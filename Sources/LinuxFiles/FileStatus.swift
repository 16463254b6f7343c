import CLinux

/// What statx(2) says about one file.
package struct FileStatus: Hashable, Sendable {
    /// Tells this file from a later one with the same name or the same inode number.
    package let identity: FileIdentity
    /// Length in bytes.
    package let size: Int64
    /// Bytes taken on the volume; less than `size` for a sparse file, usually more otherwise.
    package let allocatedBytes: Int64
    /// Time of the last change of the content, in nanoseconds since 1970.
    package let modifiedNanoseconds: Int64
    /// Time of the last change of content, name or attributes, in nanoseconds since 1970.
    package let changedNanoseconds: Int64
    /// Numeric user that owns the file.
    package let ownerID: UInt32
    /// Numeric group that owns the file.
    package let groupID: UInt32
    /// True for a directory; false for a symbolic link to one.
    package let isDirectory: Bool
    /// True for a regular file; false for links, directories, sockets, FIFOs and devices.
    package let isRegularFile: Bool
    /// True where this is mounted on its name and hides what lies there; always false before Linux 5.8.
    package let isMountPoint: Bool

    /// The status of an open descriptor.
    init(descriptor: borrowing Descriptor, path: @autoclosure () -> String) throws(FileError) {
        var status = linux_status()
        unsafe try checked(linux_status_at(descriptor.number, "", &status), "get the status of", path())
        identity = unsafe FileIdentity(
            inode: status.inode,
            birthNanoseconds: status.birth_nanoseconds,
            handleDigest: linux_handle_digest(descriptor.number, "")
        )
        size = status.size
        allocatedBytes = status.allocated_bytes
        modifiedNanoseconds = status.modified_nanoseconds
        changedNanoseconds = status.changed_nanoseconds
        ownerID = status.owner
        groupID = status.group
        isDirectory = status.mode & UInt32(S_IFMT) == UInt32(S_IFDIR)
        isRegularFile = status.mode & UInt32(S_IFMT) == UInt32(S_IFREG)
        isMountPoint = status.is_mount_root != 0
    }
}
