import Foundation
import Subprocess
import Testing

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// `edge-purge dev` without privileges: inotify instead of fanotify, nginx under the same user.
@Suite struct OrdinaryUserTests {
    @Test(.enabled(if: getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")))
    func `the tour works for an ordinary user and leaves nothing behind`() async throws {
        // The program is copied to where every user can read it.
        let folder = NSTemporaryDirectory() + "edge-purge-user-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: Program.path, toPath: folder + "/edge-purge")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        try FileManager.default.createDirectory(atPath: folder + "/tmp", withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder + "/tmp")
        let result = try await Subprocess.run(
            .path("/usr/bin/setpriv"),
            arguments: [
                "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", folder + "/edge-purge", "dev",
                "--once",
            ],
            environment: .inherit.updating(["TMPDIR": folder + "/tmp", "HOME": folder]),
            workingDirectory: FilePath(folder), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20)
        )
        #expect(
            result.terminationStatus.isSuccess, "\(result.standardOutput)\n\(result.standardError)")
        let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { entry in
            let command = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline") ?? Data()
            return command.range(of: Data(folder.utf8)) != nil
        }
        #expect(left.isEmpty, "processes that stayed: \(left)")
    }
}
