import ArgumentParser
import PurgeModel

/// What the four commands that change an agent's part have in common: the name, the question, the request.
struct AgentOrderOptions: ParsableArguments {
    @Argument(help: "The agent's name, as `edge-purge agents` shows it.")
    var agent: String

    @Flag(name: [.customLong("yes"), .customShort("y")], help: "Do not ask.")
    var isSure = false

    @OptionGroup var control: ControlOptions

    /// Asks the person, sends the request, and prints the control plane's JSON or `done`.
    ///
    /// - Throws: `CommandFailure` when the person says no, or the control plane refuses.
    func send(_ method: String, _ suffix: String, question: String, done: String) async throws(CommandFailure) {
        if !isSure { try Self.confirm(question) }
        let client = try control.client()
        let target = "/v1/agents/\(HTTPCaller.escaped(agent))\(suffix)"
        let answer = try await client.call(method, target, body: nil)
        guard answer.isSuccess else { throw Self.refusal(client.refusal(answer, of: target), answer, agent: agent) }
        Terminal.write(control.wantsJSON ? answer.text : done)
    }

    /// The control plane names its own way to list agents; who types has a command.
    static func refusal(_ failure: CommandFailure, _ answer: HTTPAnswer, agent: String) -> CommandFailure {
        guard (try? answer.decoded(ErrorAnswer.self).error.code) == "unknown_agent" else { return failure }
        return CommandFailure("there is no agent \(agent); `edge-purge agents` shows those there are (unknown_agent)")
    }

    private static func confirm(_ question: String) throws(CommandFailure) {
        guard Terminal.inputIsTerminal, Terminal.errorIsTerminal else {
            throw CommandFailure("nobody is there to ask: say --yes", exit: .usage)
        }
        Terminal.writeErrorRaw("\(question) [y/N] ")
        // Blocks its thread, and nothing else of this program waits for one.
        let answer = (readLine() ?? "").lowercased()
        guard answer == "y" || answer == "yes" else { throw CommandFailure("nothing was done") }
    }
}
