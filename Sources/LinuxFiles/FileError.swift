import CLinux
package import SystemPackage

/// A failed system call on a file, a directory or a watch.
package struct FileError: Error, Sendable, CustomStringConvertible {
    /// What the kernel answered.
    package let errno: Errno
    /// What was attempted, in words that complete "cannot ...", for example "open for updating".
    package let operation: String
    /// The path it was attempted on, whole.
    package let path: String
    /// What an operator can do about it, where there is something to say.
    package let advice: String?

    package init(errno: Errno, operation: String, path: String, advice: String? = nil) {
        self.errno = errno
        self.operation = operation
        self.path = path
        self.advice = advice
    }

    /// The same for callers that do not import SystemPackage.
    package init(code: Int32, operation: String, path: String, advice: String? = nil) {
        self.init(errno: Errno(rawValue: code), operation: operation, path: path, advice: advice)
    }

    /// Nothing is there: ENOENT, or ENOTDIR because a parent is not a directory.
    package var isAbsent: Bool { code == ENOENT || code == ENOTDIR }

    /// The process lacks a permission or a capability: EACCES or EPERM.
    package var isPermissionDenied: Bool { code == EACCES || code == EPERM }

    /// The volume or the quota is full: ENOSPC or EDQUOT.
    ///
    /// For a watch, ENOSPC means that the kernel's limit is reached.
    package var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }

    /// What was opened has no name any more, or its name stands for something else: ESTALE.
    package var isStale: Bool { code == ESTALE }

    /// Somebody else holds the lock: EWOULDBLOCK.
    package var isLocked: Bool { code == EWOULDBLOCK }

    /// The raw `errno` value, for callers that do not import SystemPackage.
    package var code: Int32 { errno.rawValue }

    package var description: String {
        let what = "cannot \(operation) \"\(path)\": \(errno) (errno \(code))"
        guard let advice else { return what }
        return "\(what). \(advice)"
    }
}

/// Returns what a function of the shim returned, or throws its error: the shim returns `-errno` on failure.
@discardableResult
func checked<Value: SignedInteger>(
    _ result: Value, _ operation: String, _ path: @autoclosure () -> String, advice: String? = nil
) throws(FileError) -> Value {
    guard result < 0 else { return result }
    throw FileError(errno: Errno(rawValue: Int32(-result)), operation: operation, path: path(), advice: advice)
}
