import PurgeModel

/// Says how a purge stands, and ends the command with the exit code that belongs to it.
struct PurgeReport {
    /// Whether to print the control plane's JSON instead of sentences.
    var wantsJSON: Bool

    /// Prints how a purge stands after waiting.
    ///
    /// - Throws: `CommandFailure` with exit code 3 when it has not reached what was waited for.
    func show(
        _ outcome: ConfirmationWaiter.Outcome, id: String, awaited milestone: Milestone
    ) throws(CommandFailure) {
        guard let progress = outcome.progress, let answer = outcome.answer else {
            if wantsJSON { Terminal.write(#"{"id":"\#(id)","state":"unknown"}"#) }
            throw CommandFailure(
                "purge \(id) was accepted, but the control plane has not seen it on the topic yet; "
                    + "ask again with `edge-purge status \(id) --wait`",
                exit: .unconfirmed
            )
        }
        if wantsJSON { Terminal.write(answer.text) } else { Terminal.write(Self.text(progress)) }
        if !progress.hasReached(milestone) {
            let hint = "ask again with `edge-purge status \(id) --wait`; `edge-purge agents` shows who is missing"
            throw CommandFailure(
                wantsJSON ? "" : "not \(milestone.rawValue) in time; the purge goes on: \(hint)", exit: .unconfirmed)
        }
    }

    /// How it stands, and below it what somebody should know, a line each.
    static func text(_ progress: PurgeStatus) -> String {
        ([sentence(progress)] + notes(progress.messages ?? [])).joined(separator: "\n")
    }

    /// Messages as lines that begin with `note:`.
    static func notes(_ messages: [PurgeMessage]) -> [String] {
        messages.map { "note: \(TextTable.printable($0.message))" }
    }

    /// One line: `confirmed  3/3 agents, 12 ms, effective after 3 ms; removed 42 objects, 1.2 MiB; id …`.
    static func sentence(_ progress: PurgeStatus) -> String {
        let style = Style.output
        if progress.isConfirmed {
            let line = progress.line(elapsed: progress.timeToConfirmedMs ?? 0)
            return
                "\(style.good("confirmed"))  \(line)\(progress.effectiveText); "
                + "removed \(progress.removedText); id \(progress.id)"
        }
        let agents = progress.agents
        var open: [String] = []
        if agents.pending > 0 { open.append("\(agents.pending) pending") }
        if agents.missing > 0 { open.append("\(agents.missing) missing") }
        if agents.conflicted > 0 { open.append("\(agents.conflicted) in conflict") }
        let rest = open.isEmpty ? "" : " (\(open.joined(separator: ", ")))"
        let state = progress.effective == true ? style.good("effective") : style.warn(progress.state.rawValue)
        return "\(state)  \(agents.done)/\(agents.expected) agents\(rest)\(progress.effectiveText); "
            + "removed \(progress.removedText); id \(progress.id)"
    }
}
