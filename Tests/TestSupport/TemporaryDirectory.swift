import Foundation

/// A directory that is removed when the test lets go of it.
///
/// In memory where that can be had: these tests make tens of thousands of files, and a shared disk takes minutes for
/// it. `EDGE_PURGE_TEST_DIRECTORY` names another place, such as one on ext4, which uses inode numbers again at once.
package final class TemporaryDirectory: Sendable {
    package let path: String

    private static let parent: String = {
        if let given = ProcessInfo.processInfo.environment["EDGE_PURGE_TEST_DIRECTORY"] { return given }
        return FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    }()

    package init() throws {
        path = Self.parent + "/edge-purge-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
