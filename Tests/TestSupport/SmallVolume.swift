import Foundation
import Synchronization

/// A small file system in memory; to mount one needs root.
package final class SmallVolume: Sendable {
    private let path: String
    private let isMounted = Mutex(true)
    private var filler: String { path + "/filler" }

    /// Whether this process may mount one.
    package static let isPossible: Bool = {
        guard getuid() == 0, let directory = try? TemporaryDirectory() else { return false }
        guard let volume = try? SmallVolume(directory.path + "/try", bytes: 1 << 20) else { return false }
        volume.unmount()
        return true
    }()

    /// Mounts it over a directory, which is made if it is not there.
    ///
    /// - Parameter type: `ramfs` keeps no extended attributes, and heeds no size.
    package init(_ path: String, bytes: Int, type: String = "tmpfs") throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("/usr/bin/mount", ["-t", type, "-o", "size=\(bytes)", "edge-purge-test", path])
    }

    /// Shows a directory a second time, over another one.
    package init(showing directory: String, over path: String) throws {
        self.path = path
        try Self.run("/usr/bin/mount", ["--bind", directory, path])
    }

    deinit { unmount() }

    /// A second call does nothing: something else may be mounted there by then.
    package func unmount() {
        let wasMounted = isMounted.withLock { isMounted in
            defer { isMounted = false }
            return isMounted
        }
        if wasMounted { try? Self.run("/usr/bin/umount", ["-l", path]) }
    }

    /// Mounts it once more with an option, such as `ro`.
    package func remount(_ option: String) throws {
        try Self.run("/usr/bin/mount", ["-o", "remount,\(option)", path])
    }

    /// Takes all the room there is.
    package func fill() throws {
        if !FileManager.default.fileExists(atPath: filler) {
            _ = FileManager.default.createFile(atPath: filler, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: filler))
        try handle.seekToEnd()
        for size in [1 << 20, 4096] {
            while (try? handle.write(contentsOf: Data(count: size))) != nil {}
        }
        try handle.close()
    }

    /// Gives the room free again.
    package func empty() throws { try FileManager.default.removeItem(atPath: filler) }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
