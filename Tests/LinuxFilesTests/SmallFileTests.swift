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
}
