internal import CLinux

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
}
