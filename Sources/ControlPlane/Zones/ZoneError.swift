/// Why the zones of the configuration cannot be used.
package struct ZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with which value, and what to do.
    package let message: String

    package var description: String { message }

    init(_ message: String) {
        self.message = message
    }
}
