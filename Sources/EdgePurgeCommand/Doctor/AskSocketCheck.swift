import FoundationEssentials

/// Whether the agent answers on the socket that nginx asks on.
struct AskSocketCheck: DoctorCheck {
    let socket: String

    let name = "ask"

    func look() async -> [DoctorFinding] {
        do {
            // A key that nothing has: the answer changes nothing.
            let answer = try await HTTPCaller().call(
                "POST", HTTPCaller.url(socket: socket, target: "/"),
                headers: [("X-Original-URI", "/edge-purge-doctor")], body: Data("edge-purge-doctor".utf8),
                timeout: .seconds(5))
            return [
                answer.status == 204
                    ? .green(socket, "the agent answers questions")
                    : .red(
                        socket, "it answers with status \(answer.status), and not as the agent does",
                        mend: "systemctl restart edge-purge-agent")
            ]
        } catch {
            return [
                .red(
                    socket, "nobody answers (\(error.reason)): while purges wait, nginx bypasses its cache",
                    mend: "systemctl start edge-purge-agent")
            ]
        }
    }
}
