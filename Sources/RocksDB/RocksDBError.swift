/// A call into RocksDB that did not do what was asked.
package struct RocksDBError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is: enough to decide what to do next.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// Stored bytes are not what was written, or a file that must be there is missing. Rebuild from the source of
        /// truth.
        case corruption
        /// The operating system refused: permission, a dead disk, a path that is no directory.
        case ioError
        /// No space left on the device, or the quota is used up.
        case noSpace
        /// Less is free on the file system than is to stay free. Nothing was changed, and the same call works when
        /// there is room.
        case lowSpace
        /// Try again later.
        case busy
        /// The caller asked for something impossible. Nothing was changed.
        case invalidArgument
        /// Another process, or another `Database` of this process, has these files open.
        case locked
        /// The database was closed.
        case closed
        /// Anything else; the message holds the library's own words.
        case other
    }

    /// The kind of failure.
    package let code: Code
    /// What failed and on what, then the library's own text where the library said something.
    package let message: String

    /// Creates an error from parts.
    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// Creates an error from the text that the library gave.
    ///
    /// - Parameters:
    ///   - libraryText: what the library wrote; kept as it is, the code is read from it.
    ///   - action: what was being done, such as `opening /var/lib/x`.
    init(libraryText: String, action: String) {
        self.init(code: Code(libraryText: libraryText), message: "\(action): \(libraryText)")
    }

    /// The error of every call after `close()`.
    static let closed = RocksDBError(
        code: .closed, message: "the database is closed; open it again to go on"
    )

    /// One line for a log.
    package var description: String { "RocksDB \(code.rawValue): \(message)" }
}

extension RocksDBError.Code {
    /// Reads the code from the text of a `rocksdb::Status`.
    ///
    /// The C interface hands out nothing but this text. Its form is `kind: [subkind: ]details` (`Status::ToString`),
    /// so only the beginning decides, except where the library has no subkind of its own for what we need to know.
    init(libraryText text: String) {
        self =
            if text.hasPrefix("Corruption") {
                .corruption
            } else if text.hasPrefix("IO error") {
                Self.code(ofIOError: text)
            } else if text.hasPrefix("Invalid argument") {
                .invalidArgument
            } else if text.hasPrefix("Resource busy") || text.hasPrefix("Operation timed out")
                || text.hasPrefix("Operation failed. Try again")
            {
                .busy
            } else if text.hasPrefix("Shutdown in progress") {
                .closed
            } else {
                .other
            }
    }

    private static func code(ofIOError text: String) -> Self {
        if text.hasPrefix("IO error: No space left on device") || text.hasPrefix("IO error: Space limit reached")
            || text.hasSuffix("No space left on device") || text.hasSuffix("Disk quota exceeded")
        {
            return .noSpace
        }
        // `PosixFileSystem::LockFile`: the first when this process holds the lock, the second when another does.
        // "While open a file for lock" is neither: that is a permission or a path that is wrong.
        if text.hasPrefix("IO error: lock hold by current process") || text.hasPrefix("IO error: While lock file") {
            return .locked
        }
        return .ioError
    }
}
