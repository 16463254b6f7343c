/// What becomes of the bytes of files that are marked deleted: `files.reclaim`.
package enum ReclaimMode: String, Sendable, Hashable, CaseIterable {
    /// They stay until nginx stores the object again, evicts it, or has not been asked for it for `inactive`.
    case nginx
    /// They are given back while the file system of the cache has little room.
    case lowDisk = "low_disk"
    /// They are given back as soon as the object has not been stored again.
    case now
}
