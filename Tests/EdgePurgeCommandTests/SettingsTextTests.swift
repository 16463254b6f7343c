import Testing

@testable import EdgePurgeCommand

@Suite struct SettingsTextTests {
    private let text = """
        # Head.
        kafka:
          # The brokers.
          bootstrap_servers: a:1
        guard:
            window: 1m   # long

        # Caches of mine.
        caches:
          - path: /a
            cache_key: $host$uri
            # a note
            #host:

        # The log.
        log: {level: info}
        ask:
          #socket:

        """

    @Test func `a key is set where it stands, or where its section is`() {
        var file = SettingsText(text)
        file.set("kafka.bootstrap_servers", to: "b:2")
        file.set("guard.access_log", to: "/l")
        file.set("ask.socket", to: "/s")
        file.set("tier.name", to: "edge")
        #expect(
            file.text
                == text.replacing("bootstrap_servers: a:1", with: "bootstrap_servers: \"b:2\"")
                .replacing("guard:\n", with: "guard:\n    access_log: \"/l\"\n")
                .replacing("#socket:", with: "socket: \"/s\"") + "\ntier:\n  name: \"edge\"\n")
        // What is all on one line is left.
        file.set("log.level", to: "debug")
        #expect(file.text.contains("log: {level: info}"))
    }

    @Test func `a section is written anew, and what stands before the next one stays`() {
        var file = SettingsText(text)
        file.replaceSection("caches", with: ["caches:", "  - path: /b"])
        #expect(file.text.contains("# Caches of mine.\ncaches:\n  - path: /b\n\n# The log.\nlog:"), "\(file.text)")
        file.add(["  - path: /c"], to: "caches")
        #expect(file.text.contains("  - path: /b\n  - path: /c\n\n# The log."), "\(file.text)")
    }

    @Test(arguments: ["a\"b\\", "$host", "\t\n\u{1}", "ä: #", ""])
    func `any text is read again as it is`(_ value: String) throws {
        var file = SettingsText("")
        file.set("a.b", to: [value, "x"])
        let yaml = try FlatYAML(yaml: file.text, file: nil)
        #expect(yaml.entries["a.b"]?.value == .list([value, "x"]))
    }
}
