import ControlPlane
import Foundation
import PurgeModel
import Testing

@testable import EdgePurgeCommand

struct ControlSettingsTests {
    private static let zones = """
        zones:
          - {id: 023E105f4ecef8ad9ca31a8372d0c353, name: shop.example, scope: [shop.example, "*.shop.example"]}
        """

    private func zoneTable(_ yaml: String) throws -> ZoneTable {
        try ZoneSettings.read(
            SettingsReader(yaml: try FlatYAML(yaml: yaml, file: nil), fileName: nil, environment: [:]),
            file: nil
        )
    }

    @Test func `a zone is found by its id in any case`() throws {
        let table = try zoneTable(Self.zones)
        #expect(table.zone(id: "023e105F4ecef8ad9ca31a8372d0c353")?.name == "shop.example")
        #expect(table.zones.first?.scope.patterns.map(\.description) == ["shop.example", "*.shop.example"])
    }

    @Test(arguments: [
        ("zones: [{name: a, scope: [a.test]}]", "zones.0.id is missing"),
        ("zones: [{id: 023e105f4ecef8ad9ca31a8372d0c353, scope: [a.test]}]", "zones.0.name is missing"),
        ("zones: [{id: 023e105f4ecef8ad9ca31a8372d0c353, name: a}]", "scope"),
        ("zones: [{id: xyz, name: a, scope: [a.test]}]", "32 hexadecimal"),
        ("zones: [{id: 023e105f4ecef8ad9ca31a8372d0c353, name: a, scope: [\"a b\"]}]", "scope"),
        ("zones: [{id: 023e105f4ecef8ad9ca31a8372d0c353, name: a, scop: [a.test], scope: [a.test]}]", "zones.0.scope?"),
    ])
    func `a zone that cannot work is refused`(yaml: String, reason: String) throws {
        do {
            _ = try zoneTable(yaml)
            Issue.record("accepted")
        } catch let error as ConfigurationProblems {
            #expect(error.problems.contains { $0.contains(reason) }, "\(error)")
        }
    }

    @Test func `one id for two zones is refused`() throws {
        let zone = "{id: 023e105f4ecef8ad9ca31a8372d0c353, name: a, scope: [a.test]}"
        #expect(throws: ConfigurationProblems.self) { try zoneTable("zones: [\(zone), \(zone)]") }
    }

    @Test func `the zones file is found beside the configuration, and its problems are told with the others`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "edge-purge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let control = directory.appending(path: "control.yaml")
        try Data("kafka: {bootstrap_servers: k:1}\nlisten: {port: 1234}\n".utf8).write(to: control)
        try Data(Self.zones.utf8).write(to: directory.appending(path: "zones.yaml"))
        let settings = try ControlSettings.load(path: control.path, environment: [:], flags: [("listen.host", "::1")])
        #expect(settings.configuration.port == 1234)
        #expect(settings.configuration.host == "::1")
        #expect(settings.configuration.zones.zones.count == 1)

        try Data("zones: [{id: x}]\n".utf8).write(to: directory.appending(path: "zones.yaml"))
        do {
            _ = try ControlSettings.load(path: control.path, environment: [:], flags: [("listen.port", "99999")])
            Issue.record("accepted")
        } catch {
            #expect(error.problems.contains { $0.contains("zones.yaml") && $0.contains("zones.0.name") })
            #expect(error.problems.contains { $0.contains("listen.port is \"99999\"") })
        }
    }

    /// `config check` starts nothing, and yet says what would keep the control plane from starting.
    @Test func `what would end the start is told with the other problems`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "edge-purge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let control = directory.appending(path: "control.yaml")
        let yaml = """
            kafka: {bootstrap_servers: k:1, properties: {fetch.wait.mx: 5, acks: many}}
            state_directory: \(directory.path)
            listen: {host: 0.0.0.0}
            agents: {roster: \(directory.path)/roster}
            """
        try Data(yaml.utf8).write(to: control)
        let error = #expect(throws: ConfigurationProblems.self) {
            try ControlSettings.load(path: control.path, environment: [:], flags: [])
        }
        let problems = error?.problems ?? []
        #expect(problems.count == 5, "\(problems)")
        for part in [
            "kafka.properties.fetch.wait.mx cannot be used: ", "kafka.properties.acks cannot be used: ",
            "there are no tokens in \(directory.path)/tokens.yaml", "agents.roster names the file",
            "zones file \(directory.path)/zones.yaml: cannot be read: No such file or directory. "
                + "Give an existing file with zones.file",
        ] {
            #expect(problems.contains { $0.contains(part) }, "\(part): \(problems)")
        }
        try Data(Self.zones.utf8).write(to: directory.appending(path: "zones.yaml"))
        try Data("edge-1\n".utf8).write(to: directory.appending(path: "roster"))
        try Data("tokens: []\n".utf8).write(to: directory.appending(path: "tokens.yaml"))
        try Data(yaml.replacing("fetch.wait.mx: 5, acks: many", with: "acks: all").utf8).write(to: control)
        _ = try ControlSettings.load(path: control.path, environment: [:], flags: [])
        try Data("tokens: [{id: x}]\n".utf8).write(to: directory.appending(path: "tokens.yaml"))
        #expect(throws: ConfigurationProblems.self) {
            try ControlSettings.load(path: control.path, environment: [:], flags: [])
        }
    }

    @Test func `a file of its own is not filled by variables and flags`() throws {
        let yaml = try FlatYAML(yaml: "zones: [{id: 023e105f4ecef8ad9ca31a8372d0c353}]", file: nil)
        let reader = SettingsReader(yaml: yaml, fileName: nil, environment: [:], namedBy: "zones.file")
        let error = #expect(throws: ConfigurationProblems.self) { try ZoneSettings.read(reader, file: nil) }
        #expect(error?.description.contains("--set") == false && error?.description.contains("ZONES_0") == false)
    }

    @Test func `a file that is not there is named`() {
        do {
            _ = try ControlSettings.load(path: "/nowhere/control.yaml", environment: [:], flags: [])
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains("/nowhere/control.yaml"))
            #expect(error.description.contains("No such file"))
        }
    }
}
