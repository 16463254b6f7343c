import Testing

@testable import RocksDB

struct RocksDBErrorTests {
    @Test(arguments: [
        ("Corruption: block checksum mismatch: stored = 1, computed = 2", RocksDBError.Code.corruption),
        ("Corruption: Cannot access /000010.sst: IO error: No such file or directory: x", .corruption),
        (
            "IO error: No space left on device: While appending to file: /x/000012.log: No space left on device",
            .noSpace
        ),
        ("IO error: Space limit reached", .noSpace),
        ("IO error: While appending to file: /x/000012.log: Disk quota exceeded", .noSpace),
        ("IO error: While lock file: /x/LOCK: Resource temporarily unavailable", .locked),
        (
            "IO error: lock hold by current process, acquire time 1 acquiring thread 2: /x/LOCK: No locks available",
            .locked
        ),
        ("IO error: While open a file for lock: /x/LOCK: Permission denied", .ioError),
        ("IO error: While mkdir if missing: /x: Read-only file system", .ioError),
        ("Resource busy: ", .busy), ("Operation failed. Try again.: ", .busy), ("Operation timed out: ", .busy),
        ("Invalid argument: x: does not exist (create_if_missing is false)", .invalidArgument),
        ("Shutdown in progress: ", .closed), ("Not implemented: ", .other), ("", .other), ("IO", .other),
    ])
    func `the code is read from the library's text`(text: String, code: RocksDBError.Code) {
        let error = RocksDBError(libraryText: text, action: "testing")
        #expect(error.code == code)
        #expect(error.message == "testing: \(text)")
        #expect("\(error)" == "RocksDB \(code.rawValue): testing: \(text)")
    }
}
