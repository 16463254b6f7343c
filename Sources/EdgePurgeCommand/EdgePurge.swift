import ArgumentParser
import Glibc
import LinuxFiles

/// The `edge-purge` program: its subcommands, and what its exit codes mean.
@main
struct EdgePurge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edge-purge",
        abstract: "Purges web caches everywhere, and tells when a purge is complete.",
        discussion: """
            On every cache machine:  edge-purge agent --config agent.yaml
            Once (or several):       edge-purge control --config control.yaml
            From anywhere:           edge-purge purge --tag product-42 --wait

            To see it all work here, with three real nginx caches: edge-purge dev

            Exit codes: 0 done (purge --wait: confirmed), 1 refused or failed,
            2 usage, 3 accepted but not confirmed in time, 4 verify: repaired something,
            5 nginx check, setup: found something, 7 setup: something to write,
            8 and 9 doctor: yellow, red.
            """,
        version: ProgramVersion.text,
        subcommands: [],
        groupedSubcommands: [
            CommandGroup(
                name: "Purge:",
                subcommands: [
                    PurgeCommand.self, StatusCommand.self, PurgesCommand.self, AgentsCommand.self, LagCommand.self,
                    WatchCommand.self,
                ]
            ),
            CommandGroup(
                name: "Take a cache machine out and back:",
                subcommands: [FenceCommand.self, UnfenceCommand.self, DrainCommand.self, ResumeCommand.self]
            ),
            CommandGroup(
                name: "Look into a machine:",
                subcommands: [
                    DoctorCommand.self, IndexCommand.self, VerifyCommand.self, RebuildCommand.self, FlushCommand.self,
                ]
            ),
            CommandGroup(
                name: "Run:",
                subcommands: [
                    AgentCommand.self, ControlCommand.self, TokenCommand.self, TopicsCommand.self,
                    DeadLettersCommand.self, ConfigCommand.self, NginxCommand.self, SetupCommand.self,
                ]
            ),
            CommandGroup(name: "Try and develop:", subcommands: [DevCommand.self, DevBrokerCommand.self]),
        ]
    )

    /// Runs the program and ends the process with the exit code of the contract.
    static func main() async {
        ProcessPrivacy.begin()
        // A closed pipe on the other side of stdout is an error to report, not a reason to vanish.
        signal(SIGPIPE, SIG_IGN)
        // Swift reads them from /proc/self/cmdline; without any, help would look like a success.
        if CommandLine.arguments.isEmpty {
            Terminal.complain("the arguments cannot be read from /proc/self/cmdline: mount /proc")
            Glibc.exit(CommandExit.failure.rawValue)
        }
        Glibc.exit(await run(arguments: nil))
    }

    /// Parses and runs `arguments` (nil: those of the process) and answers the exit code; messages are already printed.
    static func run(arguments: [String]?) async -> Int32 {
        do {
            var command = try await asyncParseAsRoot(arguments)
            if var asyncCommand = command as? any AsyncParsableCommand {
                try await asyncCommand.run()
            } else {
                try command.run()
            }
            return CommandExit.success.rawValue
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        let code = CommandExit.code(for: error)
        if let failure = error as? CommandFailure {
            if !failure.message.isEmpty { Terminal.complain(failure.message) }
        } else if let problems = error as? ConfigurationProblems {
            Terminal.complain(problems.description)
        } else {
            let message = fullMessage(for: error)
            if !message.isEmpty {
                // Help and version that were asked for are results, not complaints.
                if code == CommandExit.success.rawValue {
                    Terminal.write(message)
                } else {
                    Terminal.writeError(message)
                }
            }
        }
        return code
    }
}
