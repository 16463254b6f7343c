import ControlPlane
import Foundation
import Testing

@testable import EdgePurgeCommand

/// The files in config/ are the operators' reference: they must say exactly what the code does.
struct ConfigurationFilesTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "config")

    private func text(_ name: String) throws -> String {
        try String(contentsOf: Self.directory.appending(path: name), encoding: .utf8)
    }

    /// The file with every `#key: value` line made a key, and every `#[` list a value; prose has a space after the `#`.
    private func uncommented(_ text: String) -> String {
        var isList = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let hash = line.firstIndex(of: "#"), line[..<hash].allSatisfy({ $0 == " " }) else {
                return String(line)
            }
            let rest = line[line.index(after: hash)...]
            isList = isList || rest.first == "["
            if isList {
                isList = rest.last != "]"
                return String(line[..<hash]) + rest
            }
            let name = rest.prefix { $0.isLowercase || $0 == "_" }
            guard !name.isEmpty, rest[name.endIndex...].first == ":" else { return String(line) }
            return String(line[..<hash]) + rest
        }.joined(separator: "\n")
    }

    /// Checks that a file shows every setting with its default.
    private func check(_ settings: [Setting], shownIn yaml: FlatYAML, _ name: String) {
        for setting in settings {
            guard let entry = yaml.entries[setting.key] else {
                Issue.record("\(name) does not show \(setting.key)")
                continue
            }
            switch (setting.builtIn, entry.value) {
            case (nil, .text): break
            case (.text(let builtIn)?, .text(let shown)): #expect(shown == builtIn, "\(name): \(setting.key)")
            case (.list(let builtIn)?, .list(let shown)): #expect(shown == builtIn, "\(name): \(setting.key)")
            case (Setting.Value.none?, .nothing): break
            default:
                Issue.record(
                    "\(name): \(setting.key) is \(entry.value), the default \(String(describing: setting.builtIn))"
                )
            }
        }
        #expect(yaml.entries["kafka.properties"]?.value == .nothing)
    }

    private func reader(_ text: String) throws -> SettingsReader {
        SettingsReader(yaml: try FlatYAML(yaml: text, file: nil), fileName: nil, environment: [:])
    }

    @Test func `agent_yaml shows every key with its default, and nothing else`() throws {
        let text = try text("agent.yaml")
        let asIs = try AgentSettings.read(reader(text))
        let shown = uncommented(text)
        // Reading it finds keys that the code does not know.
        let all = try AgentSettings.read(reader(shown))
        check(asIs.settings, shownIn: try FlatYAML(yaml: shown, file: nil), "agent.yaml")
        #expect(all.settings.map(\.key) == asIs.settings.map(\.key))
        #expect(all.settings.map(\.value) == asIs.settings.map(\.value))
    }

    @Test func `control_yaml shows every key with its default, and nothing else`() throws {
        let text = try text("control.yaml")
        func read(_ text: String) throws -> ControlSettings {
            try ControlSettings.read(reader(text)) { _ throws(ConfigurationProblems) in
                try ZoneSettings.table([], file: nil)
            }
        }
        let asIs = try read(text)
        let shown = uncommented(text)
        let all = try read(shown)
        check(asIs.settings, shownIn: try FlatYAML(yaml: shown, file: nil), "control.yaml")
        #expect(all.settings.map(\.value) == asIs.settings.map(\.value))
    }

    @Test func `the files work together as they are`() throws {
        let control = Self.directory.appending(path: "control.yaml").path
        let settings = try ControlSettings.load(path: control, environment: [:], flags: [])
        #expect(settings.configuration.zones.zones.map(\.name) == ["shop.example"])
    }

    @Test(arguments: ["agent.yaml", "control.yaml", "zones.yaml"])
    func `every key has a comment above it`(name: String) throws {
        let lines = try text(name).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            let isKey = trimmed.hasPrefix("#") && trimmed.dropFirst().first?.isLowercase == true
            guard isKey, index > 0 else { continue }
            let above = lines[index - 1].trimmingCharacters(in: .whitespaces)
            #expect(above.hasPrefix("# "), "\(name), line \(index + 1)")
        }
    }
}
