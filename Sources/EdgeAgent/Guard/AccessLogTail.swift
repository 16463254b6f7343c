import LinuxFiles

/// Follows an access log from its end, through rotation and truncation.
///
/// It is read when something may be in it that matters, so it costs nothing at other times. What cannot be read is no
/// evidence, never an error: the guard then decides without it. Used by one thread.
final class AccessLogTail {
    let path: String
    /// What each line has to begin with, if it is to be believed.
    private let lineStart: [UInt8]
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
    /// Whether a line of this file began with something else; nil while its first line is not there yet.
    private var hasForeignLine: Bool?
    private var isFirstFile = true
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    /// Why the log cannot be read; nil while it can.
    private(set) var problem: String?

    /// What lies further back is skipped: only the last moments matter, and a purge must not wait for more to be read.
    private static let backlogBytesMax = 1 << 20
    /// So many bytes of a log are never the same twice at one place: they have a time in milliseconds, or half a key.
    private static let anchorBytesMax = 64
    /// A longer line is dropped.
    ///
    /// nginx takes no request line of more than 32 KiB by default, writes it twice, and up to four bytes for one.
    static let lineBytesMax = 256 << 10

    /// Prepares to follow a log that may not be there yet.
    ///
    /// - Parameter lineStart: What each of its lines begins with. A file with another line is not believed at all, for
    ///   as long as it has the name: where a visitor can end a line of another format, the next one may be the
    ///   visitor's and begin with anything.
    init(path: String, lineStart: [UInt8] = []) {
        self.path = path
        self.lineStart = lineStart
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }

    /// Calls `body` with each line that was added since the last call, without its newline; an empty one stands for a
    /// line that is too long.
    ///
    /// - Returns: whether the log is there, can be read, and can be believed; where not, nothing that `body` was called
    ///   with can be believed either.
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
            return file != nil && !isForeign
        } catch {
            problem = "\(error)"
            close()
            return false
        }
    }

    /// Whether the file that has the name now has a line of another format.
    var isForeign: Bool { hasForeignLine == true }

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
        hasForeignLine = nil
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
        if size < offset || !isContinued {
            skip(to: 0)
            hasForeignLine = nil
        }
        if hasForeignLine == nil { try lookAtFirstLine() }
        if isForeign { return }
        if Int(size) - offset > Self.backlogBytesMax { skip(to: Int(size) - Self.backlogBytesMax) }
        // No further than it was long at the beginning: a busy log must not keep this from ending.
        while offset < size, !isForeign {
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

    /// Finds out whether the first line of the file, which nobody but its writer can have begun, is of another format.
    private func lookAtFirstLine() throws(FileError) {
        guard !lineStart.isEmpty else { return hasForeignLine = false }
        var bytes = [UInt8](repeating: 0, count: lineStart.count)
        guard try file?.read(into: &bytes, at: 0) == bytes.count else { return }
        hasForeignLine = bytes != lineStart
        guard isForeign else { return }
        // To see when the file is truncated and filled anew.
        offset = bytes.count
        anchor = bytes
    }

    private func split(_ bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            if skipsLine {
                skipsLine = false
            } else if partial.isEmpty {
                tell(rest[..<end], body)
            } else {
                tell((partial + rest[..<end])[...], body)
            }
            partial = []
            rest = rest[(end + 1)...]
            if isForeign { return }
        }
        guard !skipsLine else { return }
        partial += rest
        guard partial.count > Self.lineBytesMax else { return }
        skipsLine = true
        if partial.starts(with: lineStart) { body([]) } else { hasForeignLine = true }
        partial = []
    }

    private func tell(_ line: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) {
        if line.starts(with: lineStart) { body(line) } else { hasForeignLine = true }
    }
}
