/// Why a control plane cannot start.
package struct ControlPlaneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with which value, and what to do.
    package let message: String

    package var description: String { message }

    init(_ message: String) {
        self.message = message
    }

    /// Everybody could purge.
    static func listensWithoutTokens(host: String, file: String?) -> ControlPlaneError {
        ControlPlaneError(
            "listen.host is \(host), which others can reach, and there are no tokens"
                + (file.map { " in \($0)" } ?? "")
                + ": whoever reaches the port could purge. Make one with `edge-purge token create`, or listen on 127.0.0.1"
        )
    }
}
