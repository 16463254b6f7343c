import Foundation
import LinuxFiles
import Testing

@Suite struct MarkerFileTests {
    @Test(arguments: [true, false])
    func `it is there or not, and doing it again changes nothing`(isDurable: Bool) throws {
        let tree = try TemporaryTree()
        let marker = MarkerFile(path: tree.full("marker"))
        #expect(try !marker.isThere)
        for _ in 0..<2 {
            try marker.make(isDurable: isDurable)
            #expect(try marker.isThere)
        }
        for _ in 0..<2 {
            try marker.remove()
            #expect(try !marker.isThere)
        }
        try marker.checkAccess()
    }

    @Test func `what is no regular file is not it`() throws {
        let tree = try TemporaryTree()
        try FileManager.default.createDirectory(atPath: tree.full("marker"), withIntermediateDirectories: false)
        let marker = MarkerFile(path: tree.full("marker"))
        #expect(try !marker.isThere)
        #expect(throws: FileError.self) { try marker.make() }
        #expect(throws: FileError.self) { try marker.remove() }
    }

    @Test func `without its directory it is absent, and cannot be made`() throws {
        let tree = try TemporaryTree()
        let marker = MarkerFile(path: tree.full("absent/marker"))
        #expect(try !marker.isThere)
        try marker.remove()
        #expect(#expect(throws: FileError.self) { try marker.make() }?.isAbsent == true)
        #expect(#expect(throws: FileError.self) { try marker.checkAccess() }?.isAbsent == true)
    }
}
