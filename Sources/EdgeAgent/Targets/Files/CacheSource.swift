import LinuxFiles

/// A cache as it is configured: where it is, and how it is opened.
struct CacheSource: Sendable {
    /// Its number in the index.
    let number: UInt8
    /// Its directory.
    let path: String
    /// Which directories in it may hold objects.
    let filter: DirectoryFilter
    /// How its keys keep URLs.
    var forms: [TargetForm] = [.visitor]
    /// Whether the names of its objects are learnt from the access log.
    var learns = false
    /// Opens the directory that has this path now.
    let open: @Sendable () throws -> any CacheFileFormat
}
