import CLinux

/// Questions about a mounted filesystem.
package enum Volume {
    /// Space of the filesystem that holds `path`, in bytes: what an ordinary user may still take, and the size of the
    /// whole.
    package static func space(at path: String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64) {
        var free: Int64 = 0
        var total: Int64 = 0
        unsafe try checked(linux_volume_space(path, &free, &total), "get the free space at", path)
        return (free, total)
    }

    /// Returns when everything that was written to the filesystem that holds `path`, by anybody, is on the disk.
    ///
    /// May take seconds, minutes even, where much is waiting to be written.
    package static func sync(at path: String) throws(FileError) {
        let directory = Descriptor(owning: unsafe try checked(linux_open_directory(path), "open the directory", path))
        try checked(linux_sync_filesystem(directory.number), "write to the disk what waits at", path)
    }
}
