import ArgumentParser
import FoundationEssentials

/// `edge-purge config check`: reads a configuration as `agent` or `control` would, and shows what came out.
struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a configuration and show what would be in force, with secrets hidden.",
        discussion: """
            Flags win over environment variables, those over the file, the file over
            the defaults.

              edge-purge config check agent --config /etc/edge-purge/agent.yaml
              edge-purge config check control --config control.yaml --json
              edge-purge config check agent --config agent.yaml --files

            Nothing is started, created or connected to. All problems are listed at
            once; then the exit code is 1. Warnings do not change the exit code.
            """
    )

    /// Which program's configuration.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case agent, control
    }

    @Argument(help: "Whose configuration it is: agent or control.")
    var kind: Kind

    @OptionGroup var options: SettingOptions

    @Flag(
        name: .customLong("files"),
        help: "Look at up to 10,000 files in each cache instead, and say which keys they fit; 1 if some fit none.")
    var looksAtFiles = false

    @Flag(name: .customLong("json"), help: "Print one JSON object, for scripts.")
    var wantsJSON = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let settings: [Setting]
        switch kind {
        case .agent:
            let agent = try AgentSettings.load(
                path: options.path, environment: environment, flags: options.flags)
            settings = agent.settings
            for warning in agent.warnings { Terminal.writeError("warning: \(warning)") }
            if looksAtFiles { return try check(CacheFilesReport(agent.configuration)) }
        case .control:
            settings =
                try ControlSettings.load(path: options.path, environment: environment, flags: options.flags).settings
        }
        Terminal.write(wantsJSON ? try Self.json(settings) : Self.table(settings))
    }

    private func check(_ files: CacheFilesReport) throws {
        Terminal.write(wantsJSON ? try files.json() : files.text)
        if !files.isGood { throw ExitCode.failure }
    }

    /// Keys, values and where they come from, as a table.
    static func table(_ settings: [Setting]) -> String {
        var table = TextTable([.left("KEY"), .left("VALUE"), .left("FROM")])
        for setting in settings { table.add([setting.key, setting.shown, source(setting.source)]) }
        return table.rendered()
    }

    /// The same as one JSON object: key to `{"value": …, "source": …}`.
    static func json(_ settings: [Setting]) throws -> String {
        let entries = settings.map { setting in
            let value: Shown.Value? =
                switch setting.value {
                case .none: nil
                case .list(let list): .list(setting.isSecret ? [setting.shown] : list)
                case .text: .text(setting.shown)
                }
            return (setting.key, Shown(value: value, source: source(setting.source)))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Dictionary(entries) { $1 }), as: UTF8.self)
    }

    private static func source(_ source: Setting.Source) -> String {
        switch source {
        case .builtIn: "default"
        case .file(let line): line > 0 ? "file, line \(line)" : "file"
        case .environment(let name): "environment, \(name)"
        case .flag: "flag"
        }
    }
}

/// One setting in JSON.
private struct Shown: Encodable {
    enum Value: Encodable {
        case text(String)
        case list([String])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .list(let list): try container.encode(list)
            }
        }
    }

    var value: Value?
    var source: String
}
