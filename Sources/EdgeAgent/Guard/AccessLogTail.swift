import LinuxFiles

/// Follows an access log from its end, through rotation and truncation.
///
/// It is read when something may be in it that matters, so it costs nothing at other times. What cannot be read is no
/// evidence, never an error: the guard then decides without it. Used by one thread.
final class AccessLogTail {
    let path: String
    private let folder: String
    private let name: String
    private var directory: Directory?
    private var file: OpenFile?
    private var identity: FileIdentity?
    private var offset = 0
    /// The beginning of a line whose end was not there yet.
    private var partial: [UInt8] = []
    /// Whether to drop everything up to the next newline.
    private var skipsLine = false
    /// The last bytes that were read: they are still there, unless the log was truncated and has grown beyond them
    /// since.
    private var anchor: [UInt8] = []
    private var isFirstFile = true
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    /// Why the log cannot be read; nil while it can.
    private(set) var problem: String?

    /// What lies further back is skipped: only the last moments matter, and a purge must not wait for more to be read.
    private static let backlogBytesMax = 1 << 20
    /// So many bytes of a log are never the same twice at one place: they have a time in milliseconds, or half a key.
    private static let anchorBytesMax = 64
    /// A longer line is dropped; nginx takes no request line of more than 32 KiB by default.
    static let lineBytesMax = 64 << 10

    /// Prepares to follow a log that may not be there yet.
    init(path: String) {
        self.path = path
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }

    /// Calls `body` with each line that was added since the last call, without its newline; an empty one stands for a
    /// line that is too long.
    ///
    /// - Returns: whether the log is there and can be read.
    func read(_ body: (ArraySlice<UInt8>) -> Void) -> Bool {
        do throws(FileError) {
            if directory == nil { directory = try Directory(path: folder) }
            if file == nil { try open() }
            guard file != nil else { return false }
            try readAll(body)
            // A log that was renamed away is read to its end before its successor.
            if try isReplaced() {
                try open()
                try readAll(body)
            }
            problem = nil
            return file != nil
        } catch {
            problem = "\(error)"
            close()
            return false
        }
    }

    private func close() {
        directory = nil
        file = nil
        identity = nil
    }

    /// Opens the file that has the name now.
    private func open() throws(FileError) {
        file = nil
        identity = nil
        partial = []
        skipsLine = false
        anchor = []
        offset = 0
        var status: FileStatus?
        file = try directory?.openFile(name, status: &status)
        guard file != nil, let status else {
            problem = "\(path) is not there"
            isFirstFile = false
            return
        }
        // Of the first one only what comes from now on matters; a successor is read from its beginning.
        if isFirstFile { skip(to: max(0, Int(status.size) - Self.backlogBytesMax)) }
        isFirstFile = false
        identity = status.identity
    }

    private func skip(to position: Int) {
        offset = position
        anchor = []
        partial = []
        skipsLine = position > 0
    }

    private func isReplaced() throws(FileError) -> Bool {
        guard let now = try directory?.status(of: name) else { return false }
        return now.identity != identity
    }

    private func readAll(_ body: (ArraySlice<UInt8>) -> Void) throws(FileError) {
        guard let size = try file?.status().size else { return }
        // Truncated, as `copytruncate` does.
        let isContinued = try isContinued()
        if size < offset || !isContinued { skip(to: 0) }
        if Int(size) - offset > Self.backlogBytesMax { skip(to: Int(size) - Self.backlogBytesMax) }
        // No further than it was long at the beginning: a busy log must not keep this from ending.
        while offset < size {
            guard let count = try file?.read(into: &buffer, at: offset), count > 0 else { return }
            offset += count
            anchor = Array(buffer[..<count].suffix(Self.anchorBytesMax))
            split(buffer[..<count], body)
        }
    }

    /// Whether what was read last is still where it was.
    private func isContinued() throws(FileError) -> Bool {
        guard !anchor.isEmpty else { return true }
        var bytes = [UInt8](repeating: 0, count: anchor.count)
        let count = try file?.read(into: &bytes, at: offset - anchor.count) ?? 0
        return count == anchor.count && bytes == anchor
    }

    private func split(_ bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            if skipsLine {
                skipsLine = false
            } else if partial.isEmpty {
                body(rest[..<end])
            } else {
                body((partial + rest[..<end])[...])
            }
            partial = []
            rest = rest[(end + 1)...]
        }
        guard !skipsLine else { return }
        partial += rest
        guard partial.count > Self.lineBytesMax else { return }
        partial = []
        skipsLine = true
        body([])
    }
}
