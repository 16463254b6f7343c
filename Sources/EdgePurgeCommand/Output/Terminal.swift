import Foundation
import Glibc
import PurgeModel

/// The only place that writes to standard output and standard error.
///
/// Nothing that is unseen gets through but our own ASCII: much of what is shown came from others.
enum Terminal {
    /// Whether standard output is a terminal.
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    /// Whether somebody can be asked.
    static let inputIsTerminal = isatty(STDIN_FILENO) == 1
    /// Whether standard error is a terminal: progress lines are drawn only there.
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1

    /// Whether there is a whole terminal to draw on, with a keyboard.
    static var isScreen: Bool {
        inputIsTerminal && outputIsTerminal && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Writes `text` and a line end to standard output.
    static func write(_ text: String) {
        put(text + "\n", on: .standardOutput)
    }

    /// Writes `text` and a line end to standard error.
    static func writeError(_ text: String) {
        put(text + "\n", on: .standardError)
    }

    /// Writes `text` to standard error as it is, for progress lines.
    static func writeErrorRaw(_ text: String) {
        put(text, on: .standardError)
    }

    /// Writes `text` to standard output as it is; false when nobody reads it any more.
    static func writeRaw(_ text: String) -> Bool {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.shownBeyondASCII.utf8))
            return true
        } catch {
            return false
        }
    }

    /// Writes an error message for a person to standard error.
    static func complain(_ message: String) {
        let label = Style(isOn: Style.isWanted(on: errorIsTerminal)).bad("error:")
        writeError("\(label) \(message)")
    }

    private static func put(_ text: String, on handle: FileHandle) {
        // Nobody is left to tell when standard output or standard error is gone.
        try? handle.write(contentsOf: Data(text.shownBeyondASCII.utf8))
    }
}
