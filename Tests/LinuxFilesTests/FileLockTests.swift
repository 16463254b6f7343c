import Foundation
import LinuxFiles
import Testing

@Suite struct FileLockTests {
    @Test func `a second holder is refused until the first gives it back`() throws {
        let tree = try TemporaryTree()
        let first = try FileLock(path: tree.full("lock"))
        let error = #expect(throws: FileError.self) { _ = try FileLock(path: tree.full("lock")) }
        #expect(error?.isLocked == true)
        first.release()
        first.release()
        _ = try FileLock(path: tree.full("lock"))
        _ = try FileLock(path: tree.full("lock"))
    }

    @Test func `a lock in a missing directory is an absent error`() throws {
        let tree = try TemporaryTree()
        #expect(#expect(throws: FileError.self) { _ = try FileLock(path: tree.full("absent/lock")) }?.isAbsent == true)
    }
}
