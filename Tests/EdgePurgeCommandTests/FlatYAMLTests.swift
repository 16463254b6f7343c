import Testing

@testable import EdgePurgeCommand

struct FlatYAMLTests {
    @Test func `maps and lists of maps become flat keys with their lines`() throws {
        let yaml = try FlatYAML(
            yaml: """
                # a comment
                agent:
                  id: edge-1
                caches:
                  - path: /a
                    host: a.test
                  - path: /b
                tags: {comma_headers: [Cache-Tag, "X Y"]}
                """,
            file: nil
        )
        #expect(yaml.entries["agent.id"] == .init(value: .text("edge-1"), line: 3))
        #expect(yaml.entries["caches.0.path"] == .init(value: .text("/a"), line: 5))
        #expect(yaml.entries["caches.1.path"] == .init(value: .text("/b"), line: 7))
        #expect(yaml.entries["tags.comma_headers"]?.value == .list(["Cache-Tag", "X Y"]))
        #expect(yaml.listCounts == ["caches": 2])
        #expect(yaml.problems.isEmpty)
    }

    @Test func `values keep the letters of the file`() throws {
        let yaml = try FlatYAML(yaml: "a: 010\nb: yes\nc: 1e3\nd: \"~\"\ne: 0x1F\nf: 2026-01-01", file: nil)
        #expect(
            yaml.entries.mapValues(\.value) == [
                "a": .text("010"), "b": .text("yes"), "c": .text("1e3"), "d": .text("~"), "e": .text("0x1F"),
                "f": .text("2026-01-01"),
            ])
    }

    @Test(arguments: ["a:", "a: ~", "a: null", "a: {}"])
    func `a key without a value is there and says nothing`(text: String) throws {
        #expect(try FlatYAML(yaml: text, file: nil).entries["a"]?.value == .nothing)
    }

    @Test(arguments: ["", "# only comments\n", "---\n", "~"])
    func `an empty file says nothing`(text: String) throws {
        #expect(try FlatYAML(yaml: text, file: nil).entries.isEmpty)
    }

    @Test(arguments: ["a: [1", "a: b: c", "\t- x", "- a\n- b", "just text", "a: 1\na: 2", "a: *nowhere", "\u{0}"])
    func `what is no map is an error and not a crash`(text: String) {
        #expect(throws: ConfigurationProblems.self) { try FlatYAML(yaml: text, file: "x.yaml") }
    }

    @Test(arguments: ["a: [[1], [2]]", "a: [1, {b: 2}]", "a.b: 1\na: {b: 2}"])
    func `shapes that mean nothing here are named`(text: String) throws {
        let yaml = try FlatYAML(yaml: text, file: nil)
        #expect(yaml.problems.count >= 1)
        #expect(yaml.problems.allSatisfy { $0.hasPrefix("line ") })
    }
}
