import CLinux
import SystemPackage

/// One open regular file; closed when it goes away.
///
/// Reads and writes name their offset, so it holds no position. The file may be renamed or removed meanwhile: both
/// still work on the file that was opened.
package struct OpenFile: ~Copyable, Sendable {
    private let descriptor: Descriptor
    private let directory: String
    /// Its path below the directory that it was opened in.
    let relativePath: String
    /// True where the file is mounted on its name and hides what lies there; always false before Linux 5.8.
    package private(set) var isMountPoint = false

    /// The descriptor, for calls on a name and what was opened by it.
    var number: Int32 { descriptor.number }

    /// The path it was opened with, whole, for messages.
    package var path: String { "\(directory)/\(relativePath)" }

    /// Takes a descriptor that was just opened; throws when it is not a regular file: EISDIR for a directory,
    /// EOPNOTSUPP for a FIFO, socket or device, which must never be written to because somebody put it into a tree of
    /// files.
    init(
        _ descriptor: consuming Descriptor, operation: String, directory: String, relativePath: String
    ) throws(FileError) {
        self.descriptor = descriptor
        self.directory = directory
        self.relativePath = relativePath
        var isMountRoot: Int32 = 0
        let kind = unsafe try checked(linux_file_kind(self.descriptor.number, &isMountRoot), operation, path)
        isMountPoint = isMountRoot != 0
        guard kind == Int32(S_IFREG) else {
            throw Self.noRegularFile(isDirectory: kind == Int32(S_IFDIR), operation, path)
        }
    }

    /// As ``init(_:operation:directory:relativePath:)``, for a descriptor whose status is known already.
    init(
        _ descriptor: consuming Descriptor, status: FileStatus, operation: String, directory: String,
        relativePath: String
    ) throws(FileError) {
        self.descriptor = descriptor
        self.directory = directory
        self.relativePath = relativePath
        isMountPoint = status.isMountPoint
        guard status.isRegularFile else { throw Self.noRegularFile(isDirectory: status.isDirectory, operation, path) }
    }

    private static func noRegularFile(isDirectory: Bool, _ operation: String, _ path: String) -> FileError {
        FileError(errno: isDirectory ? .isDirectory : .notSupported, operation: operation, path: path)
    }

    /// Fills the buffer from `offset` on, at most `buffer.count` bytes, and returns how many there were.
    ///
    /// The buffer keeps its size: give the same one again for the next file. Fewer bytes than asked for, or 0, mean
    /// the end of the file.
    package func read(into buffer: inout [UInt8], at offset: Int) throws(FileError) -> Int {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe linux_pread(descriptor.number, bytes.baseAddress, bytes.count, Int64(offset))
        }
        return try checked(count, "read", path)
    }

    /// Overwrites the file from `offset` on, in place; one pwrite(2) for small amounts, so a reader sees all of it or
    /// nothing.
    package func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: all[written...])
                return unsafe linux_pwrite(descriptor.number, rest.baseAddress, rest.count, Int64(offset + written))
            }
            written += try checked(count, "write", path)
            // A regular file never accepts 0 bytes; if one did, this loop must not spin.
            guard count > 0 else { throw FileError(errno: .ioError, operation: "write", path: path) }
        }
    }

    /// The status of the file that was opened, also when its name stands for another one by now.
    package func status() throws(FileError) -> FileStatus {
        try FileStatus(descriptor: descriptor, path: path)
    }
}
