import PurgeModel

/// Asks an agent to do something, and waits until it is done, with a live line for the person who waits.
struct UpkeepWaiter {
    var client: AdminClient
    /// Whether to draw a line on standard error.
    var showsProgress: Bool

    private static let interval = Duration.milliseconds(100)

    /// Returns the last answer, when all is done.
    ///
    /// - Throws: `CommandFailure` when the agent cannot be reached, refuses, or started anew meanwhile.
    func run(_ target: String) async throws(CommandFailure) -> HTTPAnswer {
        var answer = try await client.post(target)
        var told: String?
        while true {
            let progress = try answer.decoded(UpkeepAnswer.self)
            if progress.task.state == .done { break }
            draw(progress, &told)
            do { try await Task.sleep(for: Self.interval) } catch { break }
            answer = try await client.get("/v1/tasks/\(progress.task.id)")
        }
        if showsProgress { Terminal.writeErrorRaw("\r\u{1B}[K") }
        return answer
    }

    private func draw(_ progress: UpkeepAnswer, _ told: inout String?) {
        if showsProgress {
            Terminal.writeErrorRaw("\r\u{1B}[K\(TextTable.printable(progress.line))")
        } else if let problem = progress.problem, problem != told {
            // A log of a script must say why nothing happens.
            told = problem
            Terminal.complain("the agent cannot go on, and tries again: \(TextTable.printable(problem))")
        }
    }
}
