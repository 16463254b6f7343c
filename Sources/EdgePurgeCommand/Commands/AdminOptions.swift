import ArgumentParser
import EdgeAgent
import FoundationEssentials

/// The options of every subcommand that asks the local agent.
struct AdminOptions: ParsableArguments {
    @Option(
        name: .customLong("admin-socket"),
        help: ArgumentHelp(
            "The agent's Unix socket (default: \(AgentSettings.standardAdminSocket)).", valueName: "path")
    )
    var socket: String?

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("The agent's configuration file, to find its socket there.", valueName: "agent.yaml")
    )
    var configuration: String?

    @Flag(name: .customLong("json"), help: "Print one JSON object, for scripts.")
    var wantsJSON = false

    func validate() throws {
        if socket != nil && configuration != nil {
            throw ValidationError("--admin-socket and --config both say where the socket is; give one of them.")
        }
    }

    /// A client for the socket given.
    func client() throws -> AdminClient {
        if let socket { return AdminClient(socket: socket) }
        guard let configuration else { return AdminClient(socket: AgentSettings.standardAdminSocket) }
        let resolved = try AgentSettings.load(
            path: configuration,
            environment: ProcessInfo.processInfo.environment,
            flags: []
        )
        return AdminClient(socket: resolved.configuration.adminSocket)
    }
}
