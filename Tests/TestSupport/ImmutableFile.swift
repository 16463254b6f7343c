import Foundation

/// A file that not even root may change (`chattr +i`).
package enum ImmutableFile {
    /// chattr refused it.
    package struct Refused: Error {}

    /// Whether this process may make one where tests have their files.
    package static let isPossible: Bool = {
        guard Tool.isInstalled("chattr"), let directory = try? TemporaryDirectory() else { return false }
        let file = directory.path + "/file"
        guard FileManager.default.createFile(atPath: file, contents: nil), (try? set(true, file)) != nil else {
            return false
        }
        return (try? set(false, file)) != nil
    }()

    /// Makes it one, or an ordinary file again.
    package static func set(_ isImmutable: Bool, _ path: String) throws { try set(isImmutable, [path]) }

    /// Makes them such, or ordinary files again.
    package static func set(_ isImmutable: Bool, _ paths: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["chattr", isImmutable ? "+i" : "-i"] + paths
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Refused() }
    }
}
