import FoundationEssentials

/// The directory that holds everything a development environment writes.
struct DevDirectory: Sendable {
    /// Its path.
    let path: String
    /// Whether it goes when the environment ends.
    ///
    /// One that the person named stays, for a look at the logs.
    let isTemporary: Bool

    /// The admin socket's path has to fit into `sockaddr_un`: 107 bytes, of which the part below the directory needs
    /// these.
    private static let pathBytesMax = 107 - "/edge-16/admin.sock".utf8.count

    /// Makes the directory.
    ///
    /// - Parameter given: A path to use, created when missing and required to be empty; nil: a new temporary one.
    init(given: String?) throws(CommandFailure) {
        do {
            if let given {
                path = given.hasPrefix("/") ? given : FileManager.default.currentDirectoryPath + "/" + given
                isTemporary = false
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } else {
                var base = FileManager.default.temporaryDirectory.path
                while base.hasSuffix("/") && base.count > 1 { base.removeLast() }
                let name = "edge-purge-dev-" + String(UInt32.random(in: .min ... .max), radix: 36)
                path = (base.utf8.count + name.utf8.count < Self.pathBytesMax ? base : "/tmp") + "/" + name
                isTemporary = true
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
        } catch {
            throw CommandFailure(
                "the directory \(given ?? "for this run") cannot be made: \(FileProblem.reason(error))")
        }
        guard path.utf8.count <= Self.pathBytesMax else {
            throw CommandFailure(
                "--directory \(path) is too long for the sockets in it; at most \(Self.pathBytesMax) bytes are possible"
            )
        }
        let content = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard content.isEmpty else {
            throw CommandFailure("--directory \(path) is not empty; give a new or an empty one")
        }
    }

    /// Makes a directory below it and answers its path.
    func make(_ name: String) throws(CommandFailure) -> String {
        let directory = "\(path)/\(name)"
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("\(directory) cannot be made: \(FileProblem.reason(error))")
        }
        return directory
    }

    /// Writes a file below it.
    func write(_ text: String, to file: String) throws(CommandFailure) {
        do {
            try Data(text.utf8).write(to: URL(filePath: file))
        } catch {
            throw CommandFailure("\(file) cannot be written: \(FileProblem.reason(error))")
        }
    }

    /// Removes it with all that is in it, when it is temporary.
    func remove() {
        guard isTemporary else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Terminal.writeError("\(path) could not be removed: \(FileProblem.reason(error))")
        }
    }
}
