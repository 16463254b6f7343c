import Foundation
import Testing

/// A small file system in memory; to mount one needs root.
final class SmallVolume: Sendable {
    private let path: String
    private var filler: String { path + "/filler" }

    static let isPossible: Bool = {
        guard getuid() == 0 else { return false }
        let path = NSTemporaryDirectory() + "edge-purge-volume-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard let volume = try? SmallVolume(path, bytes: 1 << 20) else { return false }
        volume.unmount()
        return true
    }()

    /// Mounts it over a directory, which is made if it is not there.
    init(_ path: String, bytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(bytes)", "edge-purge-test", path])
    }

    deinit { unmount() }

    func unmount() { try? Self.run("/usr/bin/umount", ["-l", path]) }

    /// Takes all the room there is.
    func fill() throws {
        if !FileManager.default.fileExists(atPath: filler) {
            _ = FileManager.default.createFile(atPath: filler, contents: nil)
        }
        let handle = try FileHandle(forWritingAtPath: filler).required
        try handle.seekToEnd()
        for size in [1 << 20, 4096] {
            while (try? handle.write(contentsOf: Data(count: size))) != nil {}
        }
        try handle.close()
    }

    /// Gives the room free again.
    func empty() throws { try FileManager.default.removeItem(atPath: filler) }

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
