import Foundation
import LinuxFiles
import Testing

@Suite struct NewDirectoryTests {
    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `it is made with those above it, and making it again changes nothing`() throws {
        let tree = try TemporaryTree()
        for _ in 0..<2 { try NewDirectory.make(tree.full("a/b//c/"), permissions: 0o700) }
        #expect(try mode(tree.full("a/b/c")) == 0o700)
        #expect(try mode(tree.full("a/b")).map { $0 & 0o500 } == 0o500)
        try NewDirectory.make(tree.full("a"))
        try NewDirectory.make("/")
    }

    @Test func `a link to a directory is good enough`() throws {
        let tree = try TemporaryTree()
        tree.makeDirectory("real")
        try FileManager.default.createSymbolicLink(atPath: tree.full("link"), withDestinationPath: tree.full("real"))
        try NewDirectory.make(tree.full("link"))
        try NewDirectory.make(tree.full("link/below"))
        try FileManager.default.createSymbolicLink(atPath: tree.full("lost"), withDestinationPath: "nowhere")
        #expect(throws: FileError.self) { try NewDirectory.make(tree.full("lost")) }
    }

    @Test func `the error is a sentence for an operator`() throws {
        let tree = try TemporaryTree()
        try tree.write("file")
        for path in [tree.full("file"), tree.full("file/a/b"), "/proc/nowhere/a", ""] {
            let error = #expect(throws: FileError.self) { try NewDirectory.make(path, advice: "Set the key") }
            let text = error?.description ?? ""
            #expect(text.hasPrefix("cannot make the directory \"\(path)\": "), "\(text)")
            #expect(text.hasSuffix(". Set the key") && !text.contains("NSCocoa"), "\(text)")
        }
        let error = #expect(throws: FileError.self) { try NewDirectory.make(tree.full("file/a")) }
        #expect(error?.description.hasSuffix(": Not a directory (errno 20)") == true)
    }
}
