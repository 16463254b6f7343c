import ArgumentParser
import ControlPlane
import EdgeAgent
import Foundation
import PurgeModel

/// `edge-purge doctor`: looks at a machine as a whole, and says what to mend.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at this machine as a whole, and say what to mend.",
        discussion: """
              edge-purge doctor                     # as root, on any machine
              edge-purge doctor --probe             # also sets the fence for a moment
              edge-purge doctor --json | jq '.findings[] | select(.level != "green")'

            It reads agent.yaml and control.yaml, whichever this machine uses (changed
            since they were installed, or their unit is enabled), or those that are given,
            and looks at:

              cache machine    files that fit no key, odd hosts, directories and mounts,
                               permissions, room, watches, the running agent, nginx's
                               configuration, the ask socket, the access log
              Kafka            topics and their properties, reading, who acknowledges
                               under which name, the clock
              control machine  tokens, certificate, the server, agents that are missing

            Each finding is green, yellow or red, with the command that mends it. Without
            --probe it changes nothing. It asks nginx for a page that nobody has, once in
            each of up to 8 places, to see the line in the access log.

            With --probe it makes the fence file. The agent lifts it when it has caught
            up, which takes some seconds; until then all hits go to the origin.

            Where nginx is in another container, give what its nginx -T prints:

              kubectl exec POD -c nginx -- nginx -T |
                  kubectl exec -i POD -c agent -- edge-purge doctor \\
                  --agent-config /etc/edge-purge/agent.yaml --dump -

            Variables in agent.env and control.env beside the files count, as systemd
            has them.

            Exit codes: 0 all green, 1 it could not look, 2 usage, 8 yellow at worst,
            9 something is red.
            """
    )

    @Option(
        name: .customLong("agent-config"),
        help: ArgumentHelp("The agent's file (default: \(StandardFile.agent.path), if it is used).", valueName: "file"))
    var agentFile: String?

    @Option(
        name: .customLong("control-config"),
        help: ArgumentHelp(
            "The control plane's file (default: \(StandardFile.control.path), if it is used).", valueName: "file"))
    var controlFile: String?

    @Option(
        name: .customLong("nginx"),
        help: ArgumentHelp("How nginx is called, with its own options.", valueName: "command"))
    var nginx = "nginx"

    @Option(
        name: .customLong("dump"),
        help: ArgumentHelp("Read what `nginx -T` printed from here, - for standard input.", valueName: "file"))
    var dump: String?

    @Flag(name: .customLong("probe"), help: "Set the fence for a moment, and see that nginx bypasses its caches.")
    var probes = false

    @OptionGroup var control: ControlOptions

    func run() async throws {
        let doctor = try await doctor()
        var report = DoctorReport()
        for check in doctor.checks {
            progress("looking at: \(check.name)")
            report.add(await check.look(), of: check.name)
        }
        progress("")
        Terminal.write(control.wantsJSON ? try report.json() : report.text(.output))
        switch report.level {
        case .green: break
        case .yellow: throw CommandFailure("", exit: .yellow)
        case .red: throw CommandFailure("", exit: .red)
        }
    }

    private func progress(_ text: String) {
        guard Terminal.errorIsTerminal else { return }
        // To the beginning of the line, which is emptied.
        Terminal.writeErrorRaw("\r\u{1B}[K\(text)")
    }

    /// Reads what there is; what cannot be read is a finding.
    private func doctor() async throws -> Doctor {
        var patient = DoctorPatient()
        var known: [KnownCheck] = []
        // Who names one of them means that one.
        let isSaid = self.agentFile != nil || self.controlFile != nil
        let agentFile = isSaid ? self.agentFile : await StandardFile.agent.usedPath()
        let controlFile = isSaid ? self.controlFile : await StandardFile.control.usedPath()
        guard agentFile != nil || controlFile != nil else {
            throw CommandFailure(
                "this machine uses neither \(StandardFile.agent.path) nor \(StandardFile.control.path): say where they "
                    + "are with --agent-config and --control-config; `edge-purge setup` makes them", exit: .usage)
        }
        if let agentFile {
            patient.agentFile = agentFile
            known.append(
                read("agent", agentFile) { environment throws(ConfigurationProblems) in
                    let settings = try AgentSettings.load(path: agentFile, environment: environment, flags: [])
                    patient.agent = settings.configuration
                    return settings.warnings
                })
        }
        if let controlFile {
            patient.controlFile = controlFile
            known.append(
                read("control", controlFile) { environment throws(ConfigurationProblems) in
                    patient.control = try ControlSettings.load(path: controlFile, environment: environment, flags: [])
                        .configuration
                    return []
                })
        }
        if let agent = patient.agent {
            let answer = try? await AdminClient(socket: agent.adminSocket).get("/v1/status", timeout: .seconds(10))
            patient.answer = answer.flatMap { try? $0.decoded() }
            if let unread = await readNginx(&patient) { known.append(unread) }
        }
        return Doctor(patient: patient, client: try client(patient.control), probes: probes, known: known)
    }

    private func read(
        _ kind: String, _ file: String, _ load: ([String: String]) throws(ConfigurationProblems) -> [String]
    ) -> KnownCheck {
        let mend = "edge-purge config check \(kind) --config \(file)"
        do {
            let warnings = try load(UnitEnvironment.variables(beside: file))
            return KnownCheck(
                name: "configuration",
                findings: warnings.isEmpty
                    ? [.green(file, "it can be used")] : warnings.map { .yellow(file, $0, mend: mend) })
        } catch {
            return KnownCheck(
                name: "configuration",
                findings: error.problems.map { .red(file, $0.replacing("\n", with: " "), mend: mend) })
        }
    }

    /// - Returns: why it cannot be read; nil where it was.
    private func readNginx(_ patient: inout DoctorPatient) async -> KnownCheck? {
        let program = NginxProgram(nginx)
        do {
            let text = if let dump { try NginxDump.text(at: dump) } else { try await program.dump() }
            patient.nginx = NginxDump(text, name: "nginx -T", disk: dump == nil ? NginxDump.onDisk : { _ in nil })
            // What is read from a file is another one's.
            if dump == nil { patient.build = await program.build() }
            return nil
        } catch {
            let reason = (error as? CommandFailure)?.message ?? "\(error)"
            return KnownCheck(
                name: "nginx",
                findings: [
                    .red(
                        nil, reason.replacing("\n", with: " "),
                        mend: "run this as root, or say with --nginx how nginx is called, or with --dump what it prints"
                    )
                ])
        }
    }

    /// Where the control plane is: what was said, else the one of this machine.
    private func client(_ configuration: ControlConfiguration?) throws -> ControlClient? {
        let isSaid =
            control.address != nil || ProcessInfo.processInfo.environment[ControlClient.variable]?.isEmpty == false
        guard !isSaid, let configuration else { return isSaid ? try control.client() : nil }
        let scheme = configuration.tls == nil ? "http" : "https"
        let host = ["0.0.0.0", "::"].contains(configuration.host) ? "127.0.0.1" : configuration.host
        return try ControlClient(
            address: "\(scheme)://\(host):\(configuration.port)", tokenFile: control.tokenFile,
            certificatesFile: control.certificatesFile)
    }
}
