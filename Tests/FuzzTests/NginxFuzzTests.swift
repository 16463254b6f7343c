import TestSupport
import Testing

@testable import EdgePurgeCommand

/// nginx configurations, which people write: what is written is read again, and no text is too odd.
@Suite(.offPool) struct NginxFuzzTests {
    @Test func `a configuration reads the same however it is written`() {
        Fuzz.run(3000) { random in
            let directives = (0..<random.number(0...4)).map { _ in Self.directive(&random, depth: 0) }
            var text = ""
            for directive in directives { Self.write(directive, to: &text, &random) }
            let read = NginxParser.parse(text, file: "f").map(Self.placeless)
            try Fuzz.check(read == directives, "\(text)\nis\n\(read)\nnot\n\(directives)")
        }
    }

    @Test func `any text is read, and checked`() {
        let expectation = NginxExpectation(
            caches: [.init(path: "/c", keys: ["$host$request_uri"])], fenceFile: "/f", accessLog: "/l")
        Fuzz.run(5000) { random in
            var text = random.once(in: 4) ? String(decoding: random.bytes(upTo: 300), as: UTF8.self) : ""
            for _ in 0..<random.number(0...60) { text += random.pick(Self.pieces) }
            let check = NginxCheck(NginxDump(text, name: "f"), expectation)
            for finding in check.findings {
                try Fuzz.check(!finding.problem.isEmpty && !finding.advice.isEmpty, "\(finding)")
            }
            for place in ProbePlace.all(in: check, [], limit: 100) {
                try Fuzz.check(place.target("x").contains("edge-purge-doctor-x"), "\(place.target("x"))")
            }
        }
    }

    @Test func `files come out of a dump as they are on the disk`() {
        let lines = [
            "a;\n", "# configuration file /0:\n", "# configuration file /9:\n", "\n", "# configuration file /1:",
        ]
        Fuzz.run(2000) { random in
            var disk: [String: String] = [:]
            var dump = ""
            for number in 0..<random.number(1...4) {
                let text = (0..<random.number(0...8)).map { _ in random.pick(lines) }.joined()
                disk["/\(number)"] = text
                dump += "# configuration file /\(number):\n\(text)\n"
            }
            let read = NginxDump(dump, name: "f") { disk[$0] }.files
            let found = Dictionary(read.map { ($0.name, $0.text) }) { $1 }
            try Fuzz.check(found == disk && read.count == disk.count, "\(dump)\nis\n\(read)")
        }
    }

    @Test func `any text is set up`() {
        Fuzz.run(2000) { random in
            var text = ""
            for _ in 0..<random.number(0...60) { text += random.pick(Self.pieces + Self.lines) }
            var wishes = AgentSetup.Wishes(configuration: "/a.yaml", snippets: "/s", units: "/nowhere")
            (wishes.asks, wishes.accessLog) = (random.once(in: 2), "/log")
            // A path that agent.yaml cannot have is an error of agent.yaml, as it is without setup.
            let setup = try? AgentSetup(
                NginxDump(text, name: "/n"), NginxBuild("", prefix: "/p"), wishes, existing: nil)
            for change in setup?.changes ?? [] { try Fuzz.check(!change.diff.isEmpty, "\(change)") }
        }
    }

    /// Whatever setup makes of a configuration, it makes once: what it wrote is in order for it.
    @Test func `what was set up is not set up again`() {
        Fuzz.run(2000) { random in
            let text = Self.configuration(&random)
            var wishes = AgentSetup.Wishes(configuration: "/a.yaml", snippets: "/s", units: "/nowhere")
            (wishes.asks, wishes.accessLog) = (random.once(in: 2), random.once(in: 2) ? "/log" : nil)
            let (dump, build) = (NginxDump(text, name: "/n"), NginxBuild("", prefix: "/p"))
            let setup = try AgentSetup(dump, build, wishes, existing: nil)
            var files = dump.files
            for change in setup.changes where change.path != "/a.yaml" && !change.path.hasPrefix("/nowhere") {
                files.removeAll { $0.name == change.path }
                files.insert(.init(name: change.path, text: change.new), at: change.path == "/n" ? 0 : files.count)
            }
            let agent = setup.changes.first { $0.path == "/a.yaml" }?.new
            let again = try AgentSetup(NginxDump(files: files), build, wishes, existing: agent)
            let more = again.changes.filter { !$0.path.hasPrefix("/nowhere") }.map(\.diff).joined(separator: "\n")
            try Fuzz.check(more.isEmpty, "\(text)\nbecomes\n\(files.map(\.text).joined())\nand then\n\(more)")
        }
    }

    private static func configuration(_ random: inout SeededGenerator) -> String {
        func some(_ lines: [String], _ most: Int, _ random: inout SeededGenerator) -> String {
            (0..<random.number(0...most)).map { _ in random.pick(lines) + random.pick(["\n", " ", " # x\n"]) }.joined()
        }
        var text = "http {\nproxy_cache_path /c keys_zone=z:1m;\n" + some(lines, 3, &random)
        for _ in 0..<random.number(1...3) {
            text += random.pick(["server {\n", "server {"]) + some(lines + ["server_name a.example;"], 4, &random)
            for _ in 0..<random.number(1...3) {
                text +=
                    "location / {" + some(lines, 4, &random)
                    + random.pick(["proxy_cache z; ", "proxy_cache z;\n", ""]) + "proxy_pass http://o; }\n"
            }
            text += "}\n"
        }
        return text + "}\n"
    }

    private static let lines = [
        "access_log off;", "access_log /x;", "access_log /log main;", "auth_request /y;", "satisfy any;",
        "open_file_cache max=1;", "open_file_cache off;", "proxy_no_cache $x;", "proxy_cache_bypass $x $y;",
        "rewrite a /b;", "index i.php;", "proxy_cache_key $c$request_uri;", "proxy_cache_key $host$uri;",
        "proxy_cache_key \"$request_body|$host$uri\";", "set $c a;", "if (-f /f) { set $a 1; }", "proxy_cache off;",
    ]

    @Test func `blocks in blocks without end are read`() {
        let text = String(repeating: "http { location / { if (-f x) { ", count: 50_000)
        let check = NginxCheck(
            NginxDump(text, name: "f"), NginxExpectation(caches: [], fenceFile: "/f", accessLog: "/l"))
        #expect(check.locations.isEmpty)
        #expect(NginxParser.parse(text + "}}} a b;", file: "f").count == 1)
    }

    private static let pieces = [
        "http {", "server {", "location / {", "}", "{", ";", "\n", " ", "#x\n", "\"", "'", "\\", "$", "${",
        "include *;",
        "# configuration file /etc/n/a.conf:\n", "# configuration file /etc/n/b.conf:\n", "include a.conf;",
        "include b.conf;", "proxy_cache z;", "proxy_pass http://o;", "fastcgi_pass o;", "fastcgi_cache z;",
        "proxy_cache_path /c keys_zone=z:1m;", "proxy_cache_key $host$uri;", "if (-f /f) {",
        "set $edge_purge_fenced 1;",
        "proxy_cache_bypass $edge_purge_fenced;", "access_log /l e;", "log_format e escape=default '2|$msec';",
        "proxy_intercept_errors on;", "error_page 404 /x;", "proxy_cache_valid any 1m;", "map $a $b {", "set $c $b;",
        "content_by_lua_block {", "--", "set;", "if {", "map;",
    ]

    private static func placeless(_ directive: NginxDirective) -> NginxDirective {
        var directive = directive
        directive.place = .init(file: "", line: 0)
        directive.block = directive.block.map(placeless)
        return directive
    }

    private static func directive(_ random: inout SeededGenerator, depth: Int) -> NginxDirective {
        let block =
            depth < 3 && random.once(in: 3)
            ? (0..<random.number(1...3)).map { _ in directive(&random, depth: depth + 1) } : []
        return NginxDirective(
            name: random.pick(["server", "proxy_pass", "~^a$", "default"]),
            arguments: (0..<random.number(0...3)).map { _ in word(&random) }, block: block,
            place: .init(file: "", line: 0))
    }

    private static func word(_ random: inout SeededGenerator) -> String {
        (0..<random.number(0...6)).map { _ in
            random.pick(["a", "$b", "${c}", " ", ";", "{", "}", "#", "\"", "'", "\\", "\n", "\t", "ä", "|", ")"])
        }.joined()
    }

    private static func write(_ directive: NginxDirective, to text: inout String, _ random: inout SeededGenerator) {
        func space() -> String { random.pick([" ", "\n", "\t ", "\n# ; { } \" comment\n", "\r\n"]) }
        text += space() + directive.name
        for argument in directive.arguments { text += space() + quoted(argument, &random) }
        if directive.block.isEmpty {
            text += random.pick(["", space()]) + ";"
        } else {
            text += space() + "{"
            for child in directive.block { write(child, to: &text, &random) }
            text += space() + "}"
        }
    }

    private static func quoted(_ word: String, _ random: inout SeededGenerator) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0 == "|" || $0 == "$" }
        if isPlain, random.once(in: 2) { return word }
        let quote = random.pick(["\"", "'"])
        let escaped = word.replacing("\\", with: "\\\\").replacing(quote, with: "\\" + quote)
        return quote + (random.once(in: 2) ? escaped.replacing("\n", with: "\\n") : escaped) + quote
    }
}
