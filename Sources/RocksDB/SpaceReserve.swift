import Glibc

/// The part of a file system that is to stay free.
struct SpaceReserve: Sendable {
    /// A database's directory, which need not be there yet.
    let path: String
    /// Zero: none.
    let bytes: Int

    /// Throws `.lowSpace` when less is free.
    ///
    /// Takes about a microsecond, so it is asked before every write. Where nobody can tell how much is free, the write
    /// will.
    func check() throws(RocksDBError) {
        guard bytes > 0, let free = Self.free(at: path) ?? Self.free(at: parent), free < UInt64(bytes) else { return }
        // The same words as long as it lasts: whoever tries again logs it once.
        throw RocksDBError(
            code: .lowSpace,
            message:
                "less than \(bytes >> 10) KiB are free on the file system of \(path), and that much is to stay free: "
                + "make room there"
        )
    }

    private var parent: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[...slash])
    }

    /// What an ordinary user may still take; nil when that cannot be told.
    private static func free(at path: String) -> UInt64? {
        var volume = statvfs()
        guard unsafe statvfs(path, &volume) == 0 else { return nil }
        return UInt64(volume.f_bavail).multipliedReportingOverflow(by: UInt64(volume.f_frsize)).partialValue
    }
}
