import Testing

@testable import EdgePurgeCommand

struct SettingsReaderTests {
    private func reader(
        _ yaml: String = "",
        environment: [String: String] = [:],
        flags: [(key: String, value: String)] = []
    ) throws -> SettingsReader {
        SettingsReader(
            yaml: try FlatYAML(yaml: yaml, file: "test.yaml"),
            fileName: "test.yaml",
            environment: environment,
            flags: flags
        )
    }

    /// The problems that the end of the reading reports.
    private func problems(_ reader: SettingsReader) -> [String] {
        do {
            try reader.finish()
            return []
        } catch {
            return error.problems
        }
    }

    @Test func `flags win over the environment, that over the file, that over the default`() throws {
        let yaml = "a: {one: file, two: file, three: file}"
        let reader = try reader(yaml, environment: ["A_ONE": "env", "A_TWO": "env"], flags: [("a.one", "flag")])
        #expect(reader.text("a.one", default: "default") == "flag")
        #expect(reader.text("a.two", default: "default") == "env")
        #expect(reader.text("a.three", default: "default") == "file")
        #expect(reader.text("a.four", default: "default") == "default")
        #expect(reader.settings.map(\.source) == [.flag, .environment("A_TWO"), .file(line: 1), .builtIn])
        #expect(problems(reader).isEmpty)
    }

    @Test func `the last flag of a key wins and an empty variable is not set`() throws {
        let reader = try reader("a: {b: file}", environment: ["A_B": ""], flags: [("a.c", "first"), ("a.c", "second")])
        #expect(reader.text("a.b", default: "") == "file")
        #expect(reader.text("a.c", default: "") == "second")
    }

    @Test func `an unknown key of the file names the nearest known one and its line`() throws {
        let reader = try reader("a:\n  first: x\n  secnd: y\n")
        _ = reader.text("a.first", default: "")
        _ = reader.text("a.second", default: "")
        #expect(problems(reader) == ["line 3: unknown key a.secnd; did you mean a.second?"])
    }

    @Test func `unknown variables are nobody's business, unknown flags are errors`() throws {
        let reader = try reader(environment: ["A_SECND": "x", "PATH": "/bin"], flags: [("a.secnd", "x")])
        _ = reader.text("a.second", default: "")
        #expect(problems(reader) == ["--set a.secnd: unknown key; did you mean a.second?"])
    }

    @Test func `an empty section is no unknown key, an unknown empty one is`() throws {
        let reader = try reader("known:\nother:\n")
        _ = reader.text("known.key", default: "")
        #expect(problems(reader).count == 1)
        #expect(problems(reader).first?.contains("other") == true)
    }

    @Test func `one value where a section belongs is told as that`() throws {
        let reader = try reader("known: x\n")
        _ = reader.text("known.key", default: "")
        #expect(problems(reader) == ["line 1: known has to be a section: `known:`, and its keys below it, indented"])
    }

    @Test func `all problems are reported together, with what is allowed`() throws {
        let yaml = """
            a:
              count: many
              size: 32MB
              wait: 10
              flag: maybe
              kind: blue
              one: [x]
              more: x
            """
        let reader = try reader(yaml)
        #expect(reader.integer("a.count", default: 3, in: 1...9) == 3)
        #expect(reader.byteSize("a.size", default: 1024, in: 1...4096) == 1024)
        #expect(reader.duration("a.wait", default: .seconds(1), in: .zero ... .seconds(60)) == .seconds(1))
        #expect(reader.boolean("a.flag", default: true))
        #expect(reader.choice("a.kind", default: 1, [("red", 1), ("green", 2)]) == 1)
        #expect(reader.text("a.one", default: "d") == "d")
        #expect(reader.list("a.more", default: ["d"]) == ["d"])
        let found = problems(reader)
        #expect(found.count == 7)
        #expect(found.first == "line 2: a.count is \"many\"; allowed: a whole number from 1 to 9")
        #expect(found[4] == "line 6: a.kind is \"blue\"; allowed: one of red, green")
        #expect(found[5].hasPrefix("line 7: a.one has to be one value"))
        #expect(found[6].hasPrefix("line 8: a.more has to be a list"))
    }

    @Test(arguments: [
        ("0", false), ("1", true), ("9", true), ("10", false), ("-1", false), ("5.0", false), ("", false),
        (" 5", false),
    ])
    func `numbers outside of their range are refused`(text: String, isAllowed: Bool) throws {
        let reader = try reader("a: \"\(text)\"")
        _ = reader.integer("a", default: 3, in: 1...9)
        #expect(problems(reader).isEmpty == isAllowed)
    }

    @Test func `a wrong value names the layer it comes from`() throws {
        let reader = try reader("a: {x: 1, y: 1}", environment: ["A_X": "bad"], flags: [("a.y", "bad")])
        _ = reader.integer("a.x", default: 1, in: 1...9)
        _ = reader.integer("a.y", default: 1, in: 1...9)
        let found = problems(reader)
        #expect(found.first?.hasPrefix("environment variable A_X: a.x is \"bad\"") == true)
        #expect(found.last?.hasPrefix("--set: a.y is \"bad\"") == true)
    }

    @Test func `a missing required key says how to give it`() throws {
        let reader = try reader("kafka: {}")
        #expect(reader.requiredText("kafka.bootstrap_servers", meaning: "the brokers", example: "k:9092").isEmpty)
        let found = problems(reader)
        #expect(found.count == 1)
        #expect(found.first?.contains("KAFKA_BOOTSTRAP_SERVERS") == true)
        #expect(found.first?.contains("the brokers") == true)
    }

    @Test func `lists come from all layers`() throws {
        let reader = try reader("l: {a: [x, y], b: []}", environment: ["L_C": "p,q"], flags: [("l.d", "r,s")])
        #expect(reader.list("l.a", default: []) == ["x", "y"])
        #expect(reader.list("l.b", default: ["z"]) == [])
        #expect(reader.list("l.c", default: []) == ["p", "q"])
        #expect(reader.list("l.d", default: []) == ["r", "s"])
        #expect(problems(reader).isEmpty)
    }

    @Test func `items of a list of maps can be added by environment and flags`() throws {
        let reader = try reader(
            "caches: [{path: /a}]",
            environment: ["CACHES_1_PATH": "/b", "CACHES_4_PATH": "/not-reached"],
            flags: [("caches.2.path", "/c")]
        )
        #expect(reader.count(of: "caches", first: "path") == 3)
        #expect((0..<3).map { reader.text("caches.\($0).path", default: "") } == ["/a", "/b", "/c"])
    }

    @Test(arguments: ["caches: /a", "caches: [/a, /b]", "caches: {path: /a}"])
    func `a list of maps written otherwise is refused`(yaml: String) throws {
        let reader = try reader(yaml)
        #expect(reader.count(of: "caches", first: "path") == 0)
        #expect(problems(reader).count == 1)
    }

    @Test func `a free map merges its layers name by name`() throws {
        let reader = try reader(
            "k: {p: {sasl.password: file, sasl: {username: me}, client.rack: fra1}}",
            environment: ["K_P_SASL_PASSWORD": "env", "K_P_SSL_CA_LOCATION": "/ca"],
            flags: [("k.p.client.rack", "ams2")]
        )
        let map = reader.map("k.p") { $0.contains("password") }
        #expect(
            map == [
                "sasl.password": "env", "sasl.username": "me", "client.rack": "ams2", "ssl.ca.location": "/ca",
            ]
        )
        #expect(problems(reader).isEmpty)
        #expect(reader.settings.first { $0.key == "k.p.sasl.password" }?.shown == "<redacted>")
        #expect(reader.settings.first { $0.key == "k.p.sasl.username" }?.shown == "me")
    }

    @Test(arguments: ["k: {p: text}", "k: {p: [a]}", "k: {p: {a: [b]}}"])
    func `a free map of another shape is refused`(yaml: String) throws {
        let reader = try reader(yaml)
        _ = reader.map("k.p") { _ in false }
        #expect(problems(reader).count == 1)
    }

    @Test func `control characters of a value are not repeated to the terminal`() throws {
        let reader = try reader("a: \"\\e[2J\"")
        _ = reader.integer("a", default: 1, in: 1...9)
        #expect(problems(reader).first?.contains("\u{1B}") == false)
    }
}
