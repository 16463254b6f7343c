import ArgumentParser
import Foundation

/// `edge-purge setup agent`: reads nginx's configuration, and makes agent.yaml and what nginx needs of it.
struct SetupAgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Make agent.yaml, and the lines that nginx needs, from nginx's configuration.",
        discussion: """
              edge-purge setup --bootstrap kafka1:9092                  # shows what it would do
              edge-purge setup --bootstrap kafka1:9092 --write --reload
              edge-purge setup --dump nginx-T.txt --json                # of another machine

            It runs `nginx -T` and looks for every cache path, the keys in use, and the
            names of the servers. It proposes, as a diff:

              agent.yaml     caches with their keys, the fence, the access log
              nginx          the fence in each server with a cache, the access log that
                             tells when fetches began, with --ask the way to ask
              systemd        a drop-in, where nginx has another user than www-data, or
                             caches elsewhere than in /var/cache/nginx

            What you wrote stays: your lines get words or lines beside them. Cache keys
            are never changed, since that would empty the cache; where a key cannot be
            served, it says what cannot be purged and what to write instead.

            With --write each file is copied beside itself first (.NAME.TIME), and
            everything is taken back if `nginx -t` does not like it. Twice is as once.

            It reads the nginx that is called `nginx`, and says which other ones run. For
            another one give --nginx '/opt/nginx/sbin/nginx -c /opt/nginx/nginx.conf'; what
            agent.yaml has of the first one stays.

            Which header fields an application sends its tags in, nginx does not know:
            agent.yaml knows the usual ones; give others with --comma-tags or
            --space-tags.

            Exit codes: 0 nothing to do, or written; 1 failed, and nothing was changed
            (unless it says that only the reload failed); 2 usage; 5 the same as 0, but
            something cannot be purged as it is; 7 there is something to write, and
            --write was not given.
            """
    )

    @Option(name: .customLong("config"), help: ArgumentHelp("Where agent.yaml is, or is to be.", valueName: "file"))
    var path = "/etc/edge-purge/agent.yaml"

    @Option(
        name: .customLong("dump"),
        help: ArgumentHelp("Read what `nginx -T` printed from here, - for standard input.", valueName: "file"))
    var dump: String?

    @Option(
        name: .customLong("nginx"),
        help: ArgumentHelp("How nginx is called, with its own options.", valueName: "command"))
    var nginx = "nginx"

    @Option(
        name: .customLong("snippets"),
        help: ArgumentHelp("Where the files go that nginx includes.", valueName: "directory"))
    var snippets = "/etc/nginx/edge-purge"

    @Option(name: .customLong("units"), help: ArgumentHelp("Where systemd's units are.", valueName: "directory"))
    var units = "/etc/systemd/system"

    @Option(name: .customLong("bootstrap"), help: ArgumentHelp("Kafka brokers.", valueName: "host:port"))
    var brokers: String?

    @Option(
        name: .customLong("host"),
        help: ArgumentHelp(
            "A host of the visitors, for keys without one. Repeatable. (Default: the server_names.)",
            valueName: "host"))
    var hosts: [String] = []

    @Option(
        name: .customLong("comma-tags"),
        help: ArgumentHelp("A header field with tags, separated by commas. Repeatable.", valueName: "name"))
    var commaTags: [String] = []

    @Option(
        name: .customLong("space-tags"),
        help: ArgumentHelp("A header field with tags, separated by spaces. Repeatable.", valueName: "name"))
    var spaceTags: [String] = []

    @Flag(name: .customLong("ask"), help: "Let nginx ask the agent, so that purges are effective at once.")
    var asks = false

    @Option(
        name: .customLong("access-log"),
        help: ArgumentHelp("The access log for the agent, where there is none yet.", valueName: "file"))
    var accessLog = "/var/log/nginx/edge-purge.log"

    @Flag(name: .customLong("no-log"), help: "Add no access log; late responses cost more then, and nothing is learnt.")
    var doesNotLog = false

    @Flag(name: .customLong("write"), help: "Write it.")
    var writes = false

    @Flag(name: .customLong("reload"), help: "Let nginx take it (nginx -s reload), after --write.")
    var reloads = false

    @Flag(name: .customLong("json"), help: "Print one JSON object, for scripts.")
    var wantsJSON = false

    func validate() throws {
        for path in [path, snippets, units, accessLog] where !path.hasPrefix("/") {
            throw ValidationError("\(path) has to be an absolute path.")
        }
        if reloads, !writes { throw ValidationError("--reload is for --write.") }
    }

    func run() async throws {
        let program = NginxProgram(nginx)
        let dump = try await text(program)
        let read = dump.files.first?.name
        let others = self.dump == nil ? await RunningNginx.others(than: read ?? "", RunningNginx.all()) : []
        let setup = try AgentSetup(
            // What is read from a file may be another machine's.
            dump, self.dump == nil || writes ? await program.build() : NginxBuild("", prefix: nil),
            AgentSetup.Wishes(
                configuration: path, snippets: snippets, units: units, brokers: brokers, hosts: hosts,
                commaTags: commaTags, spaceTags: spaceTags, asks: asks, accessLog: doesNotLog ? nil : accessLog,
                hasOthers: !others.isEmpty),
            existing: try Self.existing(path))
        var report = SetupReport(setup, read: read, others: others)
        if writes, !setup.changes.isEmpty { try await write(setup, program, &report) }
        Terminal.write(wantsJSON ? try report.json() : report.text)
        if !wantsJSON { Terminal.write("\n" + end(setup, report)) }
        if !setup.changes.isEmpty, !writes { throw CommandFailure("", exit: .proposed) }
        if !setup.problems.isEmpty { throw CommandFailure("", exit: .found) }
    }

    private func text(_ program: NginxProgram) async throws -> NginxDump {
        let text = if let dump { try NginxDump.text(at: dump) } else { try await program.dump() }
        let read = NginxDump(text, name: dump ?? "nginx -T", disk: NginxDump.onDisk)
        guard read.directives.contains(where: { $0.name == "http" }) else {
            throw CommandFailure("\(dump ?? "nginx -T") has no http block; --dump takes the output of nginx -T")
        }
        return read
    }

    private static func existing(_ path: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw CommandFailure("\(path) cannot be read: \(FileProblem.reason(error))")
        }
    }

    private func write(_ setup: AgentSetup, _ program: NginxProgram, _ report: inout SetupReport) async throws {
        report.backups = try await SetupWriter.write(setup.changes) {
            let problem = try await program.problem()
            if let problem {
                throw CommandFailure("nginx -t does not take the changes, so they were taken back:\n\(problem)")
            }
        }
        report.isWritten = true
        guard reloads else { return }
        do {
            try await program.reload()
        } catch {
            throw CommandFailure("all is written, and nginx -t likes it, but it was not reloaded: \(error)")
        }
        report.isReloaded = true
    }

    /// What to do next.
    private func end(_ setup: AgentSetup, _ report: SetupReport) -> String {
        if setup.changes.isEmpty { return "Nothing to do." }
        if !report.isWritten { return "Nothing was written; give --write to do so." }
        var steps: [String] = []
        if !report.isReloaded { steps.append("nginx -t && systemctl reload nginx") }
        if setup.changes.contains(where: { $0.path.hasPrefix(units) }) { steps.append("systemctl daemon-reload") }
        steps.append("systemctl enable edge-purge-fence && systemctl enable edge-purge-agent")
        steps.append("systemctl restart edge-purge-agent")
        return (["Written. Now:"] + steps.map { "  \($0)" }).joined(separator: "\n")
    }
}
