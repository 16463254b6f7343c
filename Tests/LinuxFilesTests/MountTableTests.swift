import TestSupport
import Testing

@testable import LinuxFiles

struct MountTableTests {
    @Test func `mount points are read with the bytes that are written in octal`() {
        let table = """
            22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            40 22 0:35 / /srv/a\\040b\\134\\011c rw - tmpfs tmpfs rw
            41 22 0:36 /in /srv/ca\\303\\251 rw,nosuid master:1 - ext4 /dev/sdb rw
            """
        #expect(MountTable.mountPoints(in: Array(table.utf8)) == ["/", "/srv/a b\\\tc", "/srv/caé"])
    }

    @Test func `whatever stands in the table, nothing traps`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<80, using: &generator)).map { _ in
                Array("\\0189 /\n".utf8 + [0, 0xff]).randomElement(using: &generator) ?? 0
            }
            let lines = bytes.split(separator: UInt8(ascii: "\n")).count
            #expect(MountTable.mountPoints(in: bytes).count <= lines, "seed \(seed)")
        }
    }

    @Test func `the table has the root of this machine`() throws {
        #expect(try MountTable().mountPoints().contains("/"))
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"))
    func `a poller wakes when something is mounted`() throws {
        let poller = try Poller(descriptors: [], mounts: MountTable())
        let tree = try TemporaryTree()
        poller.wait(timeout: .zero)
        let volume = try SmallVolume(tree.full("v"), bytes: 1 << 20)
        #expect(poller.wait(timeout: .seconds(60)).isReadable)
        volume.unmount()
        #expect(poller.wait(timeout: .seconds(60)).isReadable)
    }

    @Test func `an attribute of a directory is kept, and one that was never set is none`() throws {
        let tree = try TemporaryTree()
        let directory = try Directory(path: tree.path)
        #expect(try directory.attribute("user.test") == nil)
        for bytes in [Array("one".utf8), [], [UInt8](repeating: 7, count: 256)] {
            try directory.setAttribute("user.test", to: bytes)
            #expect(try Directory(path: tree.path).attribute("user.test") == bytes)
        }
        try directory.setAttribute("user.test", to: [UInt8](repeating: 7, count: 257))
        #expect(throws: FileError.self) { try directory.attribute("user.test") }
    }
}
