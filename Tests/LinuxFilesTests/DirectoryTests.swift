import Foundation
import LinuxFiles
import Testing

@Suite struct DirectoryTests {
    let tree: TemporaryTree

    init() throws {
        tree = try TemporaryTree()
    }

    /// Opens and closes at once; true when there was a file.
    private func opens(_ path: String, _ access: FileAccess) throws(FileError) -> Bool {
        switch try Directory(path: tree.path).openFile(path, for: access) {
        case .some: true
        case .none: false
        }
    }

    @Test func `only regular files open`() throws {
        tree.makeDirectory("directory")
        try tree.write("file")
        try FileManager.default.createSymbolicLink(atPath: tree.full("link"), withDestinationPath: "file")
        try FileManager.default.createSymbolicLink(atPath: tree.full("around"), withDestinationPath: "directory")
        try tree.write("directory/file")
        #expect(unsafe mkfifo(tree.full("fifo"), 0o600) == 0)
        for access in [FileAccess.reading, .updating] {
            #expect(try opens("file", access))
            #expect(try opens("directory/file", access))
            #expect(try !opens("absent", access))
            #expect(try !opens("absent/file", access))
            #expect(try !opens("file/below", access))
            for (path, code) in [
                ("directory", EISDIR), ("link", ELOOP), ("around/file", ELOOP), ("fifo", EOPNOTSUPP),
                ("/etc/hostname", EXDEV),
                ("../\(URL(fileURLWithPath: tree.path).lastPathComponent)/file", EXDEV),
            ] {
                let error = #expect(throws: FileError.self) { _ = try opens(path, access) }
                #expect(error?.code == code, "\(path)")
            }
        }
    }

    @Test func `every entry is listed once, with its kind`() throws {
        var expected: [String: Bool] = ["link": false, "directory": true, ".hidden": false]
        tree.makeDirectory("directory")
        try tree.write(".hidden")
        try FileManager.default.createSymbolicLink(atPath: tree.full("link"), withDestinationPath: "directory")
        for index in 0..<3000 {
            let name = "file-with-a-longer-name-\(index)"
            expected[name] = false
            try tree.write(name, [])
        }
        var found: [String: Bool] = [:]
        var count = 0
        let directory = try Directory(path: tree.path)
        try directory.forEachEntry(in: "") { name, isDirectory in
            found[name] = isDirectory
            count += 1
        }
        #expect(found == expected)
        #expect(count == expected.count)
        try directory.forEachEntry(in: "directory") { name, _ in Issue.record("\(name) in an empty directory") }
    }

    @Test func `listing what is not there is an absent error`() throws {
        try tree.write("file")
        for path in ["absent", "file"] {
            let error = #expect(throws: FileError.self) {
                try Directory(path: tree.path).forEachEntry(in: path) { _, _ in }
            }
            #expect(error?.isAbsent == true)
        }
        #expect(#expect(throws: FileError.self) { _ = try Directory(path: tree.full("absent")) }?.isAbsent == true)
    }

    @Test func `removing says whether something was there`() throws {
        let directory = try Directory(path: tree.path)
        #expect(try directory.createDirectory("a"))
        #expect(try !directory.createDirectory("a"))
        #expect(try directory.createDirectory("a/b"))
        try tree.write("a/b/file")
        try tree.write("top")
        #expect(try directory.remove("a/b/file"))
        #expect(try !directory.remove("a/b/file"))
        #expect(try !directory.remove("absent/file"))
        #expect(try directory.remove("top"))
        for path in ["a", "a/b"] {
            let error = #expect(throws: FileError.self) { _ = try Directory(path: tree.path).remove(path) }
            #expect(error?.code == EISDIR)
        }
    }

    @Test func `a link in the middle leads no removal out of the tree`() throws {
        let other = try TemporaryTree()
        try other.write("victim")
        try FileManager.default.createSymbolicLink(atPath: tree.full("link"), withDestinationPath: other.path)
        for path in [
            "link/victim", "\(other.path)/victim", "../\(URL(fileURLWithPath: other.path).lastPathComponent)/victim",
        ] {
            #expect((try? Directory(path: tree.path).remove(path)) != true)
        }
        #expect(other.files() == ["victim"])
    }

    @Test func `status describes what the name stands for`() throws {
        let directory = try Directory(path: tree.path)
        try tree.write("file", [UInt8](repeating: 7, count: 5000))
        try FileManager.default.createSymbolicLink(atPath: tree.full("link"), withDestinationPath: "file")
        let status = try #require(try directory.status(of: "file"))
        #expect(status.size == 5000)
        #expect(status.allocatedBytes >= 5000)
        #expect(status.isRegularFile && !status.isDirectory)
        #expect(status.ownerID == getuid())
        #expect(status.modifiedNanoseconds > 1_600_000_000_000_000_000)
        #expect(try directory.status(of: "")?.isDirectory == true)
        #expect(try directory.status(of: "link")?.isRegularFile == false)
        #expect(try directory.status(of: "absent") == nil)
    }
}
