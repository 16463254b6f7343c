import Foundation
import LinuxFiles
import Testing

@Suite struct OpenFileTests {
    let tree: TemporaryTree

    init() throws {
        tree = try TemporaryTree()
    }

    private func withFile<Result>(
        _ access: FileAccess, _ body: (borrowing OpenFile) throws -> Result
    ) throws -> Result {
        switch try Directory(path: tree.path).openFile("file", for: access) {
        case .some(let file): return try body(file)
        case .none: throw CocoaError(.fileNoSuchFile)
        }
    }

    @Test func `reading stops at the end of the file`() throws {
        try tree.write("file", Array(0..<10))
        var buffer = [UInt8](repeating: 255, count: 8)
        try withFile(.reading) { file in
            // Outside of `#expect`, which cannot hold a value that is not copyable.
            let first = try file.read(into: &buffer, at: 0)
            #expect(first == 8)
            #expect(buffer == Array(0..<8))
            let second = try file.read(into: &buffer, at: 7)
            #expect(second == 3)
            #expect(buffer == [7, 8, 9, 3, 4, 5, 6, 7])
            let atEnd = try file.read(into: &buffer, at: 10)
            let beyond = try file.read(into: &buffer, at: 1 << 40)
            var empty: [UInt8] = []
            let nothing = try file.read(into: &empty, at: 0)
            #expect(atEnd == 0 && beyond == 0 && nothing == 0)
        }
        #expect(buffer.count == 8)
    }

    @Test func `writing overwrites in place and nothing else`() throws {
        try tree.write("file", Array(0..<10))
        try withFile(.updating) { file in
            try file.write([], at: 0)
            try file.write([90, 91], at: 1)
        }
        #expect(
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: tree.full("file")))) == [0, 90, 91, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test func `a file opened for reading cannot be written`() throws {
        try tree.write("file")
        let error = #expect(throws: FileError.self) { try withFile(.reading) { try $0.write([1], at: 0) } }
        #expect(error?.code == EBADF)
    }

    @Test func `a negative offset is an error, not a crash`() throws {
        try tree.write("file")
        var buffer = [UInt8](repeating: 0, count: 8)
        let error = #expect(throws: FileError.self) {
            try withFile(.reading) { _ = try $0.read(into: &buffer, at: -1) }
        }
        #expect(error?.code == EINVAL)
    }

    @Test func `a file removed or replaced meanwhile is still the one that was opened`() throws {
        try tree.write("file", [1, 2, 3, 4])
        var buffer = [UInt8](repeating: 0, count: 4)
        try withFile(.updating) { file in
            let before = try file.status().identity
            try tree.remove("file")
            try file.write([9, 9], at: 0)
            try tree.write("file", [5, 6, 7, 8])
            let count = try file.read(into: &buffer, at: 0)
            let after = try file.status().identity
            #expect(count == 4)
            #expect(buffer == [9, 9, 3, 4])
            #expect(after == before)
            #expect(try Directory(path: tree.path).status(of: "file")?.identity != before)
        }
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: tree.full("file")))) == [5, 6, 7, 8])
    }
}
