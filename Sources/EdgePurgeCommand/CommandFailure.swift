/// Why a command ends without success: what to tell the person (on stderr) and which exit code to leave.
struct CommandFailure: Error, CustomStringConvertible {
    /// What failed, on which value, and what to do.
    ///
    /// Empty: everything was already said.
    var message: String
    /// The exit code.
    var exit: CommandExit

    /// Creates a failure; by default with exit code 1.
    init(_ message: String, exit: CommandExit = .failure) {
        self.message = message
        self.exit = exit
    }

    var description: String { message }
}
