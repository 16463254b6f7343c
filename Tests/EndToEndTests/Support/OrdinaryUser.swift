import Foundation

/// The program as a user without any privilege runs it, from a folder where that user may read and write.
struct OrdinaryUser: Sendable {
    /// Where the program is, and everything that it makes.
    let folder: String

    static let number = 65534

    /// To become somebody else needs root.
    static let isPossible = getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")

    /// Makes the folder, with a copy of the program: where it was built not everybody may read.
    init() throws {
        // Short, because sockets are below it.
        folder = NSTemporaryDirectory() + "edge-purge-user-\(UUID().uuidString.prefix(8))"
        let manager = FileManager.default
        for (path, permissions) in [(folder, 0o755), (temporary, 0o777)] {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
            try manager.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
        }
        try manager.copyItem(atPath: Program.path, toPath: folder + "/edge-purge")
    }

    /// For files that the user makes.
    var temporary: String { folder + "/tmp" }

    /// What comes before the arguments of `edge-purge`.
    var command: [String] {
        [
            "/usr/bin/setpriv", "--reuid=\(Self.number)", "--regid=\(Self.number)", "--clear-groups",
            "--inh-caps=-all", folder + "/edge-purge",
        ]
    }

    var variables: [String: String] { ["TMPDIR": temporary, "HOME": folder] }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// Processes that still have the folder in their command line.
    func processes() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { entry in
            let command = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline") ?? Data()
            return command.range(of: Data(folder.utf8)) != nil
        }
    }
}
