import FoundationEssentials
import PurgeModel

/// Waits until a purge is effective or confirmed, with a live line for the person who waits.
struct ConfirmationWaiter {
    /// How the wait ended.
    struct Outcome {
        /// What the control plane said last; nil: it did not know the purge until the end.
        var progress: PurgeStatus?
        /// The same, word for word.
        var answer: HTTPAnswer?
    }

    /// The control plane to ask.
    var client: ControlClient
    /// When the person began to wait.
    var start: ContinuousClock.Instant
    /// Whether to draw a line on standard error.
    var showsProgress: Bool
    /// Whether the outcome is to say what each agent told.
    var wantsAgents: Bool

    /// How often the line is drawn anew.
    private static let redrawInterval: Duration = .milliseconds(100)
    /// How long one request may be held without a line to draw.
    ///
    /// Proxies in between like no longer ones.
    private static let holdMax: Duration = .seconds(25)
    /// The pause after "not known yet".
    private static let unknownPause: Duration = .milliseconds(50)

    /// Asks until the purge has reached a milestone or `limit` has passed since `start`.
    ///
    /// A purge that this control plane does not know yet is waited for too: another instance may have accepted it.
    ///
    /// - Throws: `CommandFailure` when the control plane cannot be reached or refuses.
    func wait(
        until milestone: Milestone, of id: String, atMost limit: Duration
    ) async throws(CommandFailure) -> Outcome {
        var outcome = Outcome()
        let target = "/v1/purges/\(HTTPCaller.escaped(id))"
        repeat {
            let remaining = max(.zero, limit - (ContinuousClock.now - start))
            let hold = min(remaining, showsProgress ? Self.redrawInterval : Self.holdMax)
            // Ten times a second the list of all agents would be much.
            let query =
                "?wait=\(hold.wholeMilliseconds)ms&until=\(milestone.rawValue)"
                + "&by_agent=\(wantsAgents && !showsProgress)"
            let answer = try await client.call("GET", target + query, body: nil, timeout: hold + .seconds(10))
            if answer.isSuccess {
                let progress = try answer.decoded(PurgeStatus.self)
                outcome = Outcome(progress: progress, answer: answer)
                if progress.hasReached(milestone) { break }
                draw(progress)
            } else if answer.status == 404 {
                do { try await Task.sleep(for: min(Self.unknownPause, remaining)) } catch { break }
            } else {
                clear()
                throw client.refusal(answer, of: target)
            }
        } while ContinuousClock.now - start < limit
        clear()
        if wantsAgents, showsProgress, outcome.progress != nil {
            let answer = try await client.get(target)
            outcome = Outcome(progress: try answer.decoded(PurgeStatus.self), answer: answer)
        }
        return outcome
    }

    private func draw(_ progress: PurgeStatus) {
        guard showsProgress else { return }
        let elapsed = (ContinuousClock.now - start).wholeMilliseconds
        Terminal.writeErrorRaw("\r\u{1B}[K\(progress.line(elapsed: elapsed))")
    }

    private func clear() {
        if showsProgress { Terminal.writeErrorRaw("\r\u{1B}[K") }
    }
}
