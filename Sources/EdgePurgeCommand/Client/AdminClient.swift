import FoundationEssentials
import PurgeModel

/// Talks to the local agent through its Unix socket.
struct AdminClient: Sendable {
    /// The socket's path.
    let socket: String
    private let caller = HTTPCaller()

    /// Creates a client.
    init(socket: String) {
        self.socket = socket
    }

    /// Asks for `target` (path and query).
    ///
    /// - Throws: `CommandFailure` when the agent cannot be reached or refuses.
    func get(_ target: String, timeout: Duration = .seconds(60)) async throws(CommandFailure) -> HTTPAnswer {
        try await call("GET", target: target, timeout: timeout)
    }

    /// Gives an order.
    ///
    /// - Throws: `CommandFailure` when the agent cannot be reached or refuses.
    func post(_ target: String, timeout: Duration = .seconds(60)) async throws(CommandFailure) -> HTTPAnswer {
        try await call("POST", target: target, timeout: timeout)
    }

    private func call(
        _ method: String, target: String, timeout: Duration
    ) async throws(CommandFailure) -> HTTPAnswer {
        let answer: HTTPAnswer
        do {
            answer = try await caller.call(method, HTTPCaller.url(socket: socket, target: target), timeout: timeout)
        } catch {
            throw CommandFailure(
                """
                the agent's admin socket \(socket) does not answer: \(error.reason).
                Is the agent running (`edge-purge agent --config agent.yaml`), and may this user open the socket?
                Say where it is with --admin-socket, or give the agent's own file with --config.
                """
            )
        }
        if answer.isSuccess { return answer }
        if let error = try? answer.decoded(ErrorAnswer.self).error {
            throw CommandFailure("\(error.message) (\(error.code))")
        }
        throw CommandFailure("the agent at \(socket) answered with status \(answer.status): \(answer.excerpt)")
    }
}
