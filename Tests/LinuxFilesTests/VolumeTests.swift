import LinuxFiles
import Testing

@Suite struct VolumeTests {
    @Test func `free space is part of the whole`() throws {
        let space = try Volume.space(at: "/tmp")
        #expect(space.freeBytes >= 0)
        #expect(space.totalBytes > space.freeBytes)
        #expect(#expect(throws: FileError.self) { _ = try Volume.space(at: "/absent/path") }?.isAbsent == true)
    }
}
