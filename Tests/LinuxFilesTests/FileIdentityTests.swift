import Foundation
import LinuxFiles
import Testing

@Suite struct FileIdentityTests {
    @Test(arguments: [NSTemporaryDirectory(), "/dev/shm"])
    func `files made one after another differ although inode numbers are used again`(_ parent: String) throws {
        let tree = try TemporaryTree(in: parent)
        let directory = try Directory(path: tree.path)
        var identities: Set<FileIdentity> = []
        var generations: Set<UInt64> = []
        for _ in 0..<1000 {
            tree.store("file")
            let identity = try #require(try directory.status(of: "file")?.identity)
            identities.insert(identity)
            generations.insert(identity.generation)
            #expect(try directory.remove("file"))
        }
        #expect(identities.count == 1000)
        #expect(generations.count == 1000)
    }

    @Test func `a file keeps its identity when it is written, renamed and linked`() throws {
        let tree = try TemporaryTree()
        let directory = try Directory(path: tree.path)
        try tree.write("a")
        let identity = try #require(try directory.status(of: "a")?.identity)
        #expect(identity.birthNanoseconds > 1_600_000_000_000_000_000)
        tree.rename("a", "b")
        try FileManager.default.linkItem(atPath: tree.full("b"), toPath: tree.full("c"))
        #expect(unsafe truncate(tree.full("b"), 100_000) == 0)
        for name in ["b", "c"] { #expect(try directory.status(of: name)?.identity == identity) }
        switch try directory.openFile("b", for: .reading) {
        case .some(let file):
            let opened = try file.status().identity
            #expect(opened == identity)
        case .none: Issue.record("b is gone")
        }
    }

    @Test func `each value counts, and the mix never changes`() {
        let base = FileIdentity(inode: 12, birthNanoseconds: 34, handleDigest: 56)
        // Stored on disks: a change of this number makes every index entry look old.
        #expect(base.generation == 9_617_156_236_305_988_809)
        #expect(FileIdentity(inode: 34, birthNanoseconds: 12, handleDigest: 56).generation != base.generation)
        #expect(FileIdentity(inode: 12, birthNanoseconds: 35, handleDigest: 56).generation != base.generation)
        #expect(FileIdentity(inode: 12, birthNanoseconds: 34).generation != base.generation)
        #expect(
            FileIdentity(inode: 0, birthNanoseconds: -1).generation
                != FileIdentity(inode: 0, birthNanoseconds: 0).generation)
    }
}
