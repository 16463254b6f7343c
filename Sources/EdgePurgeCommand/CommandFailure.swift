/// Why a command ends without success: what to tell the person (on stderr) and which exit code to leave.
struct CommandFailure: Error, CustomStringConvertible {
    /// What failed, on which value, and what to do.
    ///
    /// Empty: everything was already said.
    var message: String
    /// The exit code.
    var exit: CommandExit
    /// Whether nobody answered, so that a moment later somebody may.
    var isConnection = false

    /// Creates a failure; by default with exit code 1.
    init(_ message: String, exit: CommandExit = .failure, isConnection: Bool = false) {
        self.message = message
        self.exit = exit
        self.isConnection = isConnection
    }

    /// The first line of the message, without its last dot or what else can end a line.
    var firstLine: String {
        let line = message.prefix { $0 != "\n" }
        return String(line.last == "." ? line.dropLast() : line)
    }

    var description: String { message }
}
