import Foundation

/// Tells on standard error what is being done, one line that is overwritten; silent where nobody watches.
enum Progress {
    private static let isTerminal = isatty(STDERR_FILENO) == 1

    /// Shows what begins now.
    static func show(_ text: String) {
        guard isTerminal else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K\(text) …".utf8))
    }

    /// Takes the line away.
    static func clear() {
        guard isTerminal else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K".utf8))
    }
}
