import Foundation

/// A file that not even root can read: one whose first bytes are an I/O error lies over it.
package enum UnreadableFile {
    /// mount refused it.
    package struct Refused: Error {}

    /// Whether this process may make one.
    package static let isPossible: Bool = {
        guard getuid() == 0, let directory = try? TemporaryDirectory() else { return false }
        let file = directory.path + "/file"
        guard FileManager.default.createFile(atPath: file, contents: Data([1])), (try? set(true, file)) != nil else {
            return false
        }
        let isReadable = FileManager.default.contents(atPath: file)?.isEmpty == false
        return (try? set(false, file)) != nil && !isReadable
    }()

    /// Makes it one, or an ordinary file again.
    package static func set(_ isUnreadable: Bool, _ path: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // Nothing is mapped at the beginning of a process's memory.
        let memory = "/proc/\(ProcessInfo.processInfo.processIdentifier)/mem"
        process.arguments = isUnreadable ? ["mount", "--bind", memory, path] : ["umount", "-l", path]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Refused() }
    }
}
