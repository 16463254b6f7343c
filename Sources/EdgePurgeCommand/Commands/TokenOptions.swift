import ArgumentParser
import ControlPlane
import FoundationEssentials

/// The options of every subcommand that works on the file of tokens.
struct TokenOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("The control plane's file, which says where tokens and zones are.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("tokens-file"),
        help: ArgumentHelp("The file of tokens itself.", valueName: "file"))
    var file: String?

    /// The file of tokens.
    func tokenFile() throws(ConfigurationProblems) -> TokenFile {
        if let file { return TokenFile(path: file) }
        let reader = try reader()
        let directory = reader.text("state_directory", default: ControlSettings.standardStateDirectory)
        let path = TokenSettings.path(reader, stateDirectory: directory)
        try reader.finish(ignoringUnknownKeys: true)
        return TokenFile(path: path)
    }

    /// The ids of the zones that `texts` name by id, by name, or with `*`.
    ///
    /// Names are looked up in the zones of the configuration.
    func zones(_ texts: [String]) throws -> ZoneGrant {
        if texts.contains("*") { return .all }
        let names = texts.filter { !ControlClient.isZoneID($0) }
        var ids = Set(texts.filter(ControlClient.isZoneID).map { $0.lowercased() })
        if names.isEmpty { return .some(ids) }
        guard config != nil else {
            throw CommandFailure(
                "to find the zone \(names[0]) by its name, give --config control.yaml; or give its id", exit: .usage)
        }
        let reader = try reader()
        let table = try ControlSettings.zones(reader)
        try reader.finish(ignoringUnknownKeys: true)
        for name in names {
            guard let zone = table.zones.first(where: { $0.name.lowercased() == name.lowercased() }) else {
                let known = table.zones.map(\.name).sorted().joined(separator: ", ")
                throw CommandFailure("there is no zone \(name); there are: \(known.isEmpty ? "none" : known)")
            }
            ids.insert(zone.id)
        }
        return .some(ids)
    }

    private func reader() throws(ConfigurationProblems) -> SettingsReader {
        try SettingsReader(path: config, environment: ProcessInfo.processInfo.environment)
    }
}
