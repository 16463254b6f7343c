import LinuxFiles

/// Why a control plane cannot start.
package struct ControlPlaneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with which value, and what to do.
    package let message: String

    package var description: String { message }

    init(_ message: String) {
        self.message = message
    }

    /// The address is taken, forbidden, or not of this machine.
    static func cannotListen(host: String, port: Int, code: Int32) -> ControlPlaneError {
        let failure = FileError(
            code: code, operation: "listen on", path: "\(host):\(port)",
            advice: "End what listens there already, or set listen.port (or listen.host) to another one")
        return ControlPlaneError("\(failure)")
    }

    /// Without tokens everybody could purge; nil where nobody else can reach it.
    package static func listensWithoutTokens(host: String, file: String?) -> ControlPlaneError? {
        if Authenticator.isLoopback(host: host) { return nil }
        return ControlPlaneError(
            "listen.host is \(host), which others can reach, and there are no tokens"
                + (file.map { " in \($0)" } ?? "")
                + ": whoever reaches the port could purge. Make one with `edge-purge token create`, or listen on "
                + "127.0.0.1"
        )
    }
}
