import ArgumentParser
import PurgeModel
import Testing

@testable import EdgePurgeCommand

struct CommandLineTests {
    private func parse<Command: ParsableCommand>(_ arguments: String, as type: Command.Type) throws -> Command {
        let command = try EdgePurge.parseAsRoot(arguments.split(separator: " ").map(String.init))
        return try #require(command as? Command)
    }

    private func exitCode(_ arguments: String) -> Int32 {
        do {
            _ = try EdgePurge.parseAsRoot(arguments.split(separator: " ").map(String.init))
            return 0
        } catch {
            return CommandExit.code(for: error)
        }
    }

    @Test func `selectors are repeatable and lists`() throws {
        let purge = try parse(
            "purge --tag a,b --tag c, --url http://a.test/x --host h --prefix a.test/y", as: PurgeCommand.self)
        #expect(purge.selectors.tags == ["a", "b", "c"])
        #expect(purge.selectors.urls == ["http://a.test/x"])
        #expect(purge.selectors.hosts == ["h"])
        #expect(purge.selectors.prefixes == ["a.test/y"])
        #expect(purge.waiting.wait == nil)
        #expect(!purge.invalidates)
    }

    /// A URL with a comma was split there, and the advice (%2C) named another object.
    @Test func `a comma is a part of a URL and of a prefix`() throws {
        let purge = try parse(
            "purge --url http://a.test/x,y?z=1,2 --url http://a.test/b --prefix a.test/1,2 --prefix a.test/c",
            as: PurgeCommand.self)
        #expect(purge.selectors.urls == ["http://a.test/x,y?z=1,2", "http://a.test/b"])
        #expect(purge.selectors.prefixes == ["a.test/1,2", "a.test/c"])
        #expect(throws: Never.self) { try purge.selectors.check() }
    }

    @Test(arguments: [
        "--url http://a.test/x,http://a.test/y", "--url http://a.test/x,HTTPS://a.test/y",
        "--prefix a.test/x,b.test/y",
    ])
    func `a list of URLs or prefixes is not taken for one of them`(selectors: String) throws {
        let purge = try parse("purge \(selectors)", as: PurgeCommand.self)
        let failure = #expect(throws: CommandFailure.self) { try purge.selectors.check() }
        #expect(failure?.exit == .usage && failure?.message.contains("repeat --") == true)
    }

    @Test(arguments: [
        ("--wait", "30s"), ("--wait=10s", "10s"), ("--wait 500ms", "500ms"), ("--wait --json", "30s"),
        ("--wait --zone shop.example", "30s"), ("--wait=2m --json", "2m"), ("--json --wait", "30s"),
    ])
    func `wait takes a duration or stands alone`(flags: String, expected: String) throws {
        let purge = try parse("purge --tag a \(flags)", as: PurgeCommand.self)
        #expect(purge.waiting.wait?.description == expected)
        #expect(purge.selectors.tags == ["a"])
        #expect(purge.zone == (flags.contains("zone") ? "shop.example" : nil))
    }

    @Test func `agents lists unless told otherwise`() throws {
        for arguments in ["agents", "agents --json", "agents list", "agents list --control http://a:1"] {
            _ = try parse(arguments, as: AgentsListCommand.self)
        }
        #expect(try parse("agents drain edge-1", as: AgentsDrainCommand.self).order.agent == "edge-1")
        #expect(try parse("agents resume edge-1 --yes", as: AgentsResumeCommand.self).order.isSure)
        #expect(try parse("agents retire -y edge-1 --json", as: AgentsRetireCommand.self).order.control.wantsJSON)
        #expect(try parse("agents replace edge-1", as: AgentsReplaceCommand.self).order.agent == "edge-1")
        for arguments in ["agents drain", "agents replace", "agents retire a b", "agents bogus"] {
            #expect(exitCode(arguments) == 2)
        }
    }

    @Test func `purges asks for what was said, escaped`() throws {
        let query = try parse("purges a&b=c --state pending --limit 7 --before x/y", as: PurgesCommand.self)
            .query(zoneID: "0f")
        #expect(query == "limit=7&q=a%26b%3Dc&state=pending&zone=0f&before=x%2Fy")
        #expect(try parse("purges", as: PurgesCommand.self).query(zoneID: nil) == "limit=20")
        for arguments in [
            "purges --limit 0", "purges --limit 501", "purges --state gone", "watch --interval 1",
            "watch --interval 1ms",
        ] {
            #expect(exitCode(arguments) == 2, "\(arguments)")
        }
    }

    @Test func `status takes wait on both sides of the id`() throws {
        let id = "6f1c0a5e3d2b4c7f8e9a0b1c2d3e4f50"
        for arguments in [
            "status \(id) --wait", "status --wait \(id)", "status --wait=30s \(id)", "status --wait 30s \(id)",
        ] {
            let status = try parse(arguments, as: StatusCommand.self)
            #expect(status.id == id)
            #expect(status.waiting.wait?.description == "30s")
        }
    }

    @Test func `until says what to wait for, and that it is waited`() throws {
        let id = "6f1c0a5e3d2b4c7f8e9a0b1c2d3e4f50"
        let cases: [(String, Milestone?, Duration)] = [
            ("", nil, .seconds(30)), ("--wait", .confirmed, .seconds(30)),
            ("--until effective", .effective, .seconds(30)),
            ("--wait --until effective", .effective, .seconds(30)),
            ("--until=confirmed --wait=2m", .confirmed, .seconds(120)),
        ]
        for (flags, milestone, limit) in cases {
            for waiting in [
                try parse("purge --tag a \(flags)", as: PurgeCommand.self).waiting,
                try parse("status \(id) \(flags)", as: StatusCommand.self).waiting,
            ] {
                #expect(waiting.milestone == milestone, "\(flags)")
                #expect(try waiting.limit() == limit, "\(flags)")
            }
        }
    }

    @Test(arguments: [
        "purge --tag", "purge --tag a --wait=10x", "purge --tag a --until", "purge --tag a --until applied",
        "purge --tag a --bogus", "purge a", "bogus", "status", "status xyz", "status 6f1c", "config check",
        "config check other",
        "index find --tag a --limit 0", "index find --tag a --limit 10001", "index stats --admin-socket a --config b",
        "topics create --partitions 0",
        "topics create --retention 7", "dev --caches 0", "dev --caches 17", "dev --port 0", "dev --log-level loud",
        "dev --topic-prefix a/b", "dev-broker --partitions x", "agent --set novalue", "agent --set =x",
    ])
    func `a wrong command line ends with 2`(arguments: String) {
        #expect(exitCode(arguments) == 2)
    }

    @Test(arguments: ["purge", "purge --everything --tag a", "purge --tag ,", "index find", "index count --scope a"])
    func `what to purge has to be said`(arguments: String) async {
        #expect(await EdgePurge.run(arguments: arguments.split(separator: " ").map(String.init)) == 2)
    }

    @Test(arguments: [("purge --tgs x", "--tgs"), ("purge foo", "foo"), ("index find --tgs x", "--tgs")])
    func `what is mistyped is named before what is missing`(arguments: String, named: String) {
        do {
            _ = try EdgePurge.parseAsRoot(arguments.split(separator: " ").map(String.init))
            Issue.record("accepted")
        } catch {
            #expect(EdgePurge.fullMessage(for: error).contains("'\(named)'"), "\(EdgePurge.fullMessage(for: error))")
        }
    }

    @Test(arguments: ["--help", "purge --help", "help purge", "--version", "config check --help", "index find --help"])
    func `help that was asked for ends with 0`(arguments: String) {
        #expect(exitCode(arguments) == 0)
    }

    @Test(
        arguments: [
            (CommandFailure("x"), 1), (CommandFailure("x", exit: .unconfirmed), 3),
            (CommandFailure("x", exit: .usage), 2),
        ] as [(CommandFailure, Int32)])
    func `a failure carries its exit code`(failure: CommandFailure, code: Int32) {
        #expect(CommandExit.code(for: failure) == code)
    }

    @Test func `a wrong configuration ends with 1`() {
        #expect(CommandExit.code(for: ConfigurationProblems(file: nil, problems: ["x"])) == 1)
    }

    @Test func `named flags win over set`() throws {
        let agent = try parse(
            "agent --set kafka.bootstrap_servers=a:1 --bootstrap b:2 --set x=y=z", as: AgentCommand.self)
        #expect(
            agent.options.flags.map { "\($0.key)|\($0.value)" } == [
                "kafka.bootstrap_servers|a:1", "x|y=z", "kafka.bootstrap_servers|b:2",
            ])
    }

    @Test func `help examples fit an ordinary terminal`() {
        let commands: [any ParsableCommand.Type] = [
            EdgePurge.self, PurgeCommand.self, StatusCommand.self, AgentsCommand.self, LagCommand.self,
            IndexCommand.self,
            AgentCommand.self, ControlCommand.self, TopicsCreateCommand.self, ConfigCheckCommand.self, DevCommand.self,
            DevBrokerCommand.self,
        ]
        for command in commands {
            for line in command.configuration.discussion.split(separator: "\n") {
                #expect(line.count <= 80, "\(command): \(line)")
            }
        }
    }
}
