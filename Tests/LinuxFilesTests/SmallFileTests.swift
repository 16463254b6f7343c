import Foundation
import LinuxFiles
import SystemPackage
import Testing

@Suite struct SmallFileTests {
    @Test func `a small file is read as a whole, or not at all`() throws {
        let tree = try TemporaryTree()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        try tree.write("file", bytes)
        #expect(try SmallFile.read(tree.full("file"), bytesMax: bytes.count) == bytes)
        let long = #expect(throws: FileError.self) { try SmallFile.read(tree.full("file"), bytesMax: bytes.count - 1) }
        #expect(long?.errno == .fileTooLarge)
        #expect(#expect(throws: FileError.self) { try SmallFile.read(tree.path, bytesMax: 1) }?.errno == .isDirectory)
        #expect(#expect(throws: FileError.self) { try SmallFile.read(tree.full("no"), bytesMax: 1) }?.isAbsent == true)
    }

    @Test func `a file is replaced as a whole, and what a crash left is in nobody's way`() throws {
        let tree = try TemporaryTree()
        let path = tree.full("file")
        try tree.write("file.new", Array(repeating: 7, count: 100))
        for bytes in [[], [1], Array(repeating: 2, count: 100_000), [3]] as [[UInt8]] {
            try SmallFile.replace(path, with: bytes)
            #expect(try SmallFile.read(path, bytesMax: 200_000) == bytes)
            #expect(try FileManager.default.contentsOfDirectory(atPath: tree.path) == ["file"])
        }
    }

    @Test(arguments: [UInt32(0o600), 0o640, 0o644])
    func `it has the permissions that were asked for, whatever was there`(permissions: UInt32) throws {
        let tree = try TemporaryTree()
        try tree.write("file", [])
        try SmallFile.replace(tree.full("file"), with: [1], permissions: permissions, ownedLike: tree.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: tree.full("file"))
        #expect(attributes[.posixPermissions] as? Int == Int(permissions))
        let owner = try FileManager.default.attributesOfItem(atPath: tree.path)[.ownerAccountID] as? Int
        #expect(attributes[.ownerAccountID] as? Int == owner)
    }

    @Test func `what cannot be written leaves the old file and nothing beside it`() throws {
        let tree = try TemporaryTree()
        let path = tree.full("file")
        try SmallFile.replace(path, with: [1])
        let error = #expect(throws: FileError.self) {
            try SmallFile.replace(path, with: [2], ownedLike: tree.full("nobody"))
        }
        #expect(error?.isAbsent == true)
        #expect(try SmallFile.read(path, bytesMax: 10) == [1])
        #expect(try FileManager.default.contentsOfDirectory(atPath: tree.path) == ["file"])
        #expect(throws: FileError.self) { try SmallFile.replace(tree.full("no/file"), with: [1]) }
    }
}
