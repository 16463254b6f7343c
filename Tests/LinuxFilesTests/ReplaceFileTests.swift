import Foundation
import LinuxFiles
import TestSupport
import Testing

@Suite struct ReplaceFileTests {
    private static let temporary = "file.9999999999"

    let tree: TemporaryTree

    init() throws {
        tree = try TemporaryTree()
        tree.makeDirectory("a")
        try tree.write("a/file", [UInt8](repeating: 7, count: 100_000))
    }

    /// Opens the file, does something behind its back, and replaces it.
    private func replace(
        with bytes: [UInt8] = [1, 2], temporary: String = temporary, after body: () throws -> Void = {}
    ) throws -> Bool {
        let directory = try Directory(path: tree.path)
        switch try directory.openFile("a/file", for: .reading) {
        case .none: throw CocoaError(.fileNoSuchFile)
        case .some(let file):
            try body()
            return try directory.replace(file, with: bytes, temporaryName: temporary)
        }
    }

    private func content(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: tree.full(path)).map(Array.init)
    }

    @Test func `the new file is all there, and the old one stays whole for whoever has it open`() throws {
        let reader = try FileHandle(forReadingFrom: URL(filePath: tree.full("a/file")))
        #expect(try replace())
        #expect(content("a/file") == [1, 2])
        #expect(tree.files() == ["a/file"])
        #expect(try reader.readToEnd() == Data(repeating: 7, count: 100_000))
        try reader.close()
    }

    @Test func `the new file has the permissions and the owner of the old one`() throws {
        var attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o640]
        // Only root gives files away.
        if getuid() == 0 { attributes.merge([.ownerAccountID: 33, .groupOwnerAccountID: 34]) { $1 } }
        try FileManager.default.setAttributes(attributes, ofItemAtPath: tree.full("a/file"))
        let before = try FileManager.default.attributesOfItem(atPath: tree.full("a/file"))
        #expect(try replace())
        let after = try FileManager.default.attributesOfItem(atPath: tree.full("a/file"))
        for key in [FileAttributeKey.posixPermissions, .ownerAccountID, .groupOwnerAccountID] {
            #expect(after[key] as? Int == before[key] as? Int)
        }
    }

    @Test func `a file that has taken the name is left alone`() throws {
        #expect(
            try !replace {
                try tree.write("a/new", [5])
                tree.rename("a/new", "a/file")
            })
        #expect(content("a/file") == [5])
        #expect(tree.files() == ["a/file"])
    }

    @Test func `a name that is gone stays gone`() throws {
        #expect(try !replace { try tree.remove("a/file") })
        #expect(tree.files() == [])
    }

    @Test func `what an earlier attempt left behind is in nobody's way, and a link there is not followed`() throws {
        try tree.write("a/" + Self.temporary, [9, 9, 9])
        #expect(try replace())
        #expect(content("a/file") == [1, 2])
        try tree.write("other", [8])
        try FileManager.default.createSymbolicLink(
            atPath: tree.full("a/" + Self.temporary), withDestinationPath: tree.full("other"))
        #expect(try replace(with: [3]))
        #expect(content("a/file") == [3])
        #expect(content("other") == [8])
        #expect(tree.files() == ["a/file", "other"])
    }

    @Test func `what cannot be made is an error that names the file, and leaves nothing behind`() throws {
        let error = #expect(throws: FileError.self) {
            _ = try replace(temporary: String(repeating: "x", count: 256))
        }
        #expect(error?.code == ENAMETOOLONG)
        #expect(error?.path == tree.full("a/file"))
        #expect(tree.files() == ["a/file"])
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"))
    func `on a full disk the old file stays, and nothing of the new one`() throws {
        let volume = try SmallVolume(tree.full("a"), bytes: 1 << 20)
        defer { volume.unmount() }
        try tree.write("a/file", [6])
        try volume.fill()
        let error = #expect(throws: FileError.self) { _ = try replace() }
        #expect(error?.isOutOfSpace == true)
        #expect(content("a/file") == [6])
        #expect(tree.files() == ["a/file", "a/filler"])
    }
}
