/// Why a roster cannot be used.
package struct RosterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in which file and line, and what to do.
    package let message: String

    package var description: String { message }

    init(_ message: String) {
        self.message = message
    }
}
