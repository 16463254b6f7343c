import Foundation
import TestSupport
import Testing

@testable import LinuxFiles

@Suite struct FileSystemTableTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func unmounted(_ table: String, above path: String) throws -> String? {
        let file = folder.path + "/fstab"
        try table.write(toFile: file, atomically: true, encoding: .utf8)
        return try FileSystemTable.unmounted(above: path, file: file)
    }

    @Test func `a directory on which something should be mounted is told`() throws {
        let path = folder.path + "/a b"
        let line = "/dev/sdb1 \(folder.path)/a\\040b ext4 defaults 0 2\n"
        #expect(try unmounted("# \(line)\n/dev/sda1 / ext4 defaults 0 1\n", above: path) == nil)
        #expect(try unmounted(line, above: path) == path)
        #expect(try unmounted(line, above: path + "/edge") == path)
        #expect(try unmounted(line, above: path + "c") == nil)
        #expect(try unmounted(line.replacing("defaults", with: "noauto,rw"), above: path) == nil)
        #expect(try unmounted("garbage\n\u{0}\n/dev/x\n", above: path) == nil)
        #expect(try FileSystemTable.unmounted(above: path, file: folder.path + "/none") == nil)
    }

    @Test(.enabled(if: SmallVolume.isPossible, "needs root"))
    func `what is mounted is not told`() throws {
        let path = folder.path + "/volume"
        let volume = try SmallVolume(path, bytes: 1 << 20)
        #expect(try FileSystemTable.isMountPoint(path))
        #expect(try unmounted("tmpfs \(path) tmpfs defaults 0 0\n", above: path) == nil)
        volume.unmount()
        #expect(try !FileSystemTable.isMountPoint(path))
    }
}
