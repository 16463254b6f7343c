import Glibc

/// Loops over files that do the least that could be done: what the agent is compared with.
///
/// Bare system calls, and so the only file of this program with `unsafe` in it. Paths are relative to an open
/// directory, as the agent's are.
@safe
final class BareFiles {
    private let directory: Int32

    /// Opens the directory that the paths of all loops are relative to.
    init(directory path: String) throws {
        directory = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw BenchmarkError("cannot open '\(path)': errno \(errno)") }
    }

    deinit { _ = close(directory) }

    /// Opens, reads 4096 bytes, closes: what has to be done to see a file's key and response head.
    func read(_ paths: some Sequence<String>) throws -> Duration {
        var buffer = [UInt8](repeating: 0, count: 4096)
        return try timed(paths) { path in
            let file = unsafe openat(directory, path, O_RDONLY | O_CLOEXEC)
            defer { _ = close(file) }
            return file < 0 ? -1 : unsafe pread(file, &buffer, buffer.count, 0)
        }
    }

    /// Opens, writes the 8 bytes of the header's version, as they are, closes: what a tombstone costs.
    func overwriteVersion(_ paths: some Sequence<String>) throws -> Duration {
        let version: [UInt8] = [5, 0, 0, 0, 0, 0, 0, 0]
        return try timed(paths) { path in
            let file = unsafe openat(directory, path, O_RDWR | O_CLOEXEC)
            defer { _ = close(file) }
            return file < 0 ? -1 : unsafe pwrite(file, version, version.count, 0)
        }
    }

    /// Removes the files.
    func unlink(_ paths: some Sequence<String>) throws -> Duration {
        try timed(paths) { path in Int(unsafe unlinkat(directory, path, 0)) }
    }

    /// Walks the whole tree and reads the key of each file, as nginx purge modules do for a purge by pattern; returns
    /// how many there were.
    func walk(lookingFor pattern: [UInt8]) throws -> (took: Duration, files: Int) {
        let start = ContinuousClock.now
        var buffer = [UInt8](repeating: 0, count: 512)
        var files = 0
        var matches = 0
        try forEachFile { path in
            let file = unsafe openat(directory, path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            let count = unsafe pread(file, &buffer, buffer.count, 0)
            _ = close(file)
            files += 1
            if count > 342 + pattern.count, buffer[342..<342 + pattern.count].elementsEqual(pattern) { matches += 1 }
        }
        return (start.duration(to: .now), files)
    }

    /// The paths of all files, directory by directory, in the order in which the file system lists them.
    func paths() throws -> [String] {
        var paths: [String] = []
        try forEachFile { paths.append($0) }
        return paths
    }

    private func timed(_ paths: some Sequence<String>, _ body: (String) -> Int) throws -> Duration {
        let start = ContinuousClock.now
        for path in paths where body(path) < 0 {
            throw BenchmarkError("a bare loop failed at '\(path)': errno \(errno)")
        }
        return start.duration(to: .now)
    }

    private func forEachFile(_ body: (String) throws -> Void) throws {
        var waiting = [""]
        while let name = waiting.popLast() {
            let number = unsafe openat(directory, name.isEmpty ? "." : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard let stream = unsafe fdopendir(number) else { throw BenchmarkError("cannot list '\(name)'") }
            defer { unsafe closedir(stream) }
            while let entry = unsafe readdir(stream) {
                guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return }
                let text = unsafe String(
                    cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
                )
                guard text != ".", text != ".." else { continue }
                let path = name.isEmpty ? text : "\(name)/\(text)"
                if unsafe entry.pointee.d_type == UInt8(DT_DIR) { waiting.append(path) } else { try body(path) }
            }
        }
    }

    /// Makes a file.
    func create(_ path: String, _ bytes: [UInt8]) throws {
        let file = unsafe openat(directory, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchmarkError("cannot make '\(path)': errno \(errno)") }
        defer { _ = close(file) }
        guard unsafe write(file, bytes, bytes.count) == bytes.count else {
            throw BenchmarkError("cannot write '\(path)': errno \(errno)")
        }
    }

    /// Makes a directory; one that is there is kept.
    func createDirectory(_ path: String) { _ = unsafe mkdirat(directory, path, 0o700) }

    /// Waits until the file systems have written everything, so that no measurement pays for what came before it.
    func settle() { sync() }
}
