import ArgumentParser
import EdgeAgent
import FoundationEssentials
import PurgeModel

/// `edge-purge fence`: takes the caches of this machine out of service.
struct FenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fence",
        abstract: "Take this machine's caches out of service, until `edge-purge unfence`.",
        discussion: """
            nginx answers everything from the origin, and stores nothing. The agent
            goes on applying purges. The fence stays over restarts of the agent.

              edge-purge fence
              edge-purge fence --at stop --config /etc/edge-purge/agent.yaml

            The second form is for systemd, at moments when no agent can do it: it sets
            the fence where fence.mode asks for it, and talks to nobody.
            """
    )

    @Option(
        name: .customLong("at"),
        help: ArgumentHelp("Set the fence as fence.mode says at this moment: boot or stop.", valueName: "moment"))
    var moment: FenceMarkers.Moment?

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        if moment != nil && admin.configuration == nil {
            throw ValidationError("--at needs --config agent.yaml: fence.mode and fence.file stand there.")
        }
    }

    func run() async throws {
        guard let moment else { return try await FenceOrder.send("fence", admin) }
        let resolved = try AgentSettings.load(
            path: admin.configuration, environment: ProcessInfo.processInfo.environment, flags: [])
        let fence = resolved.configuration.fence
        let isSet: Bool
        do {
            isSet = try FenceMarkers.set(at: moment, resolved.configuration)
        } catch {
            throw CommandFailure("the fence \(fence.file) could not be set: \(error)")
        }
        Terminal.write(isSet ? "fenced: \(fence.file)" : "not fenced: fence.mode is \(fence.mode.rawValue)")
    }
}

extension FenceMarkers.Moment: ExpressibleByArgument {}
