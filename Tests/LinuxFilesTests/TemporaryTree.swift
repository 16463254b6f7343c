import Foundation

/// A directory of its own for one test, removed at the end, with the file operations of a cache server.
final class TemporaryTree: Sendable {
    let path: String

    init(in parent: String = NSTemporaryDirectory()) throws {
        path = URL(fileURLWithPath: parent).resolvingSymlinksInPath().path + "/linux-files-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func full(_ name: String) -> String { "\(path)/\(name)" }

    /// True where the directory was made; false where it existed.
    @discardableResult
    func makeDirectory(_ name: String) -> Bool {
        unsafe mkdir(full(name), 0o700) == 0
    }

    func write(_ name: String, _ content: [UInt8] = [1, 2, 3]) throws {
        try Data(content).write(to: URL(fileURLWithPath: full(name)))
    }

    func rename(_ from: String, _ to: String) {
        let result = unsafe Foundation.rename(full(from), full(to))
        precondition(result == 0, "rename \(from) \(to): \(errno)")
    }

    /// Writes a file as nginx does: under a temporary name in the same directory, then renamed.
    func store(_ name: String) {
        let temporary = full(name) + ".0000000001"
        let file = unsafe open(temporary, O_WRONLY | O_CREAT, 0o600)
        precondition(file >= 0 && close(file) == 0, "create \(temporary): \(errno)")
        rename(name + ".0000000001", name)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: full(name))
    }

    /// Relative paths of everything that is not a directory.
    func files() -> Set<String> {
        var files: Set<String> = []
        var pending = [""]
        while let directory = pending.popLast() {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: full(directory))) ?? [] {
                let path = directory.isEmpty ? name : "\(directory)/\(name)"
                var status = stat()
                guard unsafe lstat(full(path), &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR { pending.append(path) } else { files.insert(path) }
            }
        }
        return files
    }
}
