/// Why the state directory of the control plane cannot be used.
package struct ControlStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What failed, on which directory, and what to do.
    package let message: String

    package var description: String { message }

    init(_ message: String) {
        self.message = message
    }
}
