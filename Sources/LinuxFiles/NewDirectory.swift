import CLinux
import SystemPackage

/// Makes a directory that a program needs, with those above it.
package enum NewDirectory {
    /// Makes it; nothing happens when it is there already, also as a symbolic link to a directory.
    ///
    /// - Parameters:
    ///   - permissions: of the last one; those above it get 0755. The process's umask applies.
    ///   - advice: what to do when it cannot be made: which key names another one, and whom it should belong to.
    package static func make(
        _ path: String, permissions: UInt32 = 0o755, advice: String? = nil
    ) throws(FileError) {
        if let errno = failure(path, permissions) {
            throw FileError(errno: errno, operation: "make the directory", path: path, advice: advice)
        }
    }

    private static func failure(_ path: String, _ permissions: UInt32) -> Errno? {
        var result = unsafe linux_make_directory(AT_FDCWD, path, permissions)
        if result == -ENOENT, let parent = parent(of: path) {
            if let errno = failure(parent, 0o755) { return errno }
            result = unsafe linux_make_directory(AT_FDCWD, path, permissions)
        }
        guard result == -EEXIST else { return result < 0 ? Errno(rawValue: -result) : nil }
        let isDirectory = unsafe linux_is_directory(path)
        return isDirectory ? nil : .notDirectory
    }

    private static func parent(of path: String) -> String? {
        var parent = Substring(path)
        while parent.hasSuffix("/") { parent.removeLast() }
        while let last = parent.last, last != "/" { parent.removeLast() }
        while parent.hasSuffix("/") { parent.removeLast() }
        return parent.isEmpty ? nil : String(parent)
    }
}
