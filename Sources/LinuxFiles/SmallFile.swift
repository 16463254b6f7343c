import CLinux
import SystemPackage

/// A small file that is always there as a whole: in its old form or in its new one, also after a power loss.
package enum SmallFile {
    /// Replaces the file, and returns when the new content and its name are on the disk.
    ///
    /// - Parameters:
    ///   - path: what is replaced.
    ///   - permissions: of the file; the process's umask applies.
    ///   - model: a file or directory whose owner and group it gets; nil: those of the process.
    ///   - name: what comes and goes, on the same file system; nil: the path with `.new` added.
    package static func replace(
        _ path: String, with bytes: [UInt8], permissions: UInt32 = 0o600, ownedLike model: String? = nil,
        by name: String? = nil
    ) throws(FileError) {
        let temporary = name ?? path + ".new"
        // One that was left by a crash has the owner and the permissions of then.
        _ = unsafe linux_unlink(AT_FDCWD, temporary)
        do throws(FileError) {
            try write(bytes, to: temporary, permissions: permissions, ownedLike: model)
            unsafe try checked(linux_rename(temporary, path), "rename", temporary)
        } catch {
            // On a full disk half a file would take what somebody else needs.
            _ = unsafe linux_unlink(AT_FDCWD, temporary)
            throw error
        }
        try ParentDirectory.synchronise(of: path)
    }

    /// All of the file.
    ///
    /// - Parameter bytesMax: a longer one is an error (EFBIG).
    package static func read(_ path: String, bytesMax: Int) throws(FileError) -> [UInt8] {
        let file = Descriptor(owning: unsafe try checked(linux_open_read(path), "open", path))
        let buffer = ReadBuffer(byteCount: 64 << 10)
        var bytes: [UInt8] = []
        while true {
            let count = unsafe linux_read(file.number, buffer.bytes.baseAddress, buffer.byteCount)
            let end = try checked(count, "read", path)
            if end == 0 { return bytes }
            unsafe bytes.append(contentsOf: buffer.bytes[..<end])
            guard bytes.count <= bytesMax else {
                throw FileError(errno: .fileTooLarge, operation: "read", path: path)
            }
        }
    }

    /// Returns when the bytes are on the disk: the name must never be there before what it stands for.
    private static func write(
        _ bytes: [UInt8], to path: String, permissions: UInt32, ownedLike model: String?
    ) throws(FileError) {
        let file = Descriptor(owning: unsafe try checked(linux_open_create(path, permissions), "create", path))
        try checked(linux_truncate(file.number, 0), "empty", path)
        if let model {
            unsafe try checked(linux_copy_owner(file.number, model), "give the owner of \(model) to", path)
        }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: all[written...])
                return unsafe linux_pwrite(file.number, rest.baseAddress, rest.count, Int64(written))
            }
            written += try checked(count, "write", path)
            guard count > 0 else { throw FileError(errno: .ioError, operation: "write", path: path) }
        }
        try checked(linux_sync(file.number), "write to the disk", path)
    }
}
