import ControlPlane
import FoundationEssentials
import Kafka
import PurgeModel

/// What a control machine needs: worked out, and not written yet.
struct ControlSetup {
    /// A zone to be made, with the hosts in it.
    struct Wish: Sendable, Hashable {
        let name: String
        let scope: [String]

        /// - Parameter text: `shop.example`, which has all its hosts, or `shop=shop.example,img.example`.
        /// - Throws: `CommandFailure` where a host is none.
        init(_ text: String) throws(CommandFailure) {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            name = parts.first ?? ""
            scope =
                parts.count == 2
                ? parts[1].split(separator: ",").map(String.init) : [name, "*.\(name)"]
            for host in scope where (try? HostPattern(validating: host)) == nil || name.isEmpty {
                throw CommandFailure(
                    "--zone \(text): \(host) is no host; write shop.example, or shop=shop.example,*.img.example",
                    exit: .usage)
            }
        }
    }

    let changes: [SetupChange]
    /// All zones, those that were there before too.
    let zones: [Zone]
    let notes: [String]
    /// Where the control plane will answer.
    let address: String
    /// The file of tokens.
    let tokens: TokenFile

    private static let head = """
        # Written by edge-purge setup. config/control.yaml in the sources explains every key.

        """
    private static let zonesHead =
        "# The zones of the API: who may purge which hosts; see config/zones.yaml in the sources.\n\nzones:\n"
    /// The one in the example of the package.
    private static let exampleZone = "023e105f4ecef8ad9ca31a8372d0c353"

    /// - Parameters:
    ///   - path: of control.yaml.
    ///   - brokers: nil: those that it has.
    /// - Throws: `ConfigurationProblems` where files that are there cannot be used, or changed.
    init(path: String, brokers: String?, wishes: [Wish]) throws {
        let existing = try Self.text(path)
        var file = SettingsText(existing ?? Self.head)
        if let brokers { file.set("kafka.bootstrap_servers", to: brokers) }
        let reader = SettingsReader(
            yaml: try FlatYAML(yaml: file.text, file: path), fileName: path, environment: [:])
        let name = reader.text("zones.file", default: "zones.yaml")
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        let zonesPath = name.hasPrefix("/") ? name : "\(folder)/\(name)"

        let oldZones = try Self.text(zonesPath)
        let known = try oldZones.map { try Self.zones($0, zonesPath).zones } ?? []
        var zonesText = SettingsText(oldZones ?? Self.zonesHead)
        var random = SystemRandomNumberGenerator()
        for wish in wishes where !known.contains(where: { $0.name.lowercased() == wish.name.lowercased() }) {
            let id = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            zonesText.add(
                [
                    "  - id: \(SettingsText.quoted(HexText.text(id)))", "    name: \(SettingsText.quoted(wish.name))",
                    "    scope: [\(wish.scope.map(SettingsText.quoted).joined(separator: ", "))]",
                ], to: "zones")
        }
        let table = try Self.zones(zonesText.text, zonesPath)
        let settings = try ControlSettings.read(
            SettingsReader(yaml: try FlatYAML(yaml: file.text, file: path), fileName: path, environment: [:])
        ) { _ in table }
        let missing = wishes.filter { wish in !table.zones.contains { $0.name.lowercased() == wish.name.lowercased() } }
        let isLeftOut = brokers.map { $0 != settings.configuration.kafka.bootstrapServers } ?? false
        guard missing.isEmpty, !isLeftOut else {
            throw CommandFailure(
                "\(isLeftOut ? path : zonesPath) is written in a way in which it cannot be changed here: write "
                    + (isLeftOut ? "kafka.bootstrap_servers" : "the zone \(missing[0].name)") + " into it by hand")
        }
        zones = table.zones.sorted { $0.name < $1.name }
        changes = [(zonesPath, oldZones, zonesText.text), (path, existing, file.text)].filter { $0.1 != $0.2 }
            .map { SetupChange(path: $0.0, old: $0.1, new: $0.2) }
        notes =
            known.contains { $0.id == Self.exampleZone }
            ? [
                "\(zonesPath) has the zone of the example, \(Self.exampleZone): take it out, or give it its own id"
            ]
            : []
        let configuration = settings.configuration
        address = "\(configuration.tls == nil ? "http" : "https")://\(configuration.host):\(configuration.port)"
        tokens = TokenFile(
            path: TokenSettings.path(
                SettingsReader(yaml: try FlatYAML(yaml: file.text, file: path), fileName: path, environment: [:]),
                stateDirectory: configuration.stateDirectory))
    }

    private static func zones(_ text: String, _ path: String) throws -> ZoneTable {
        try ZoneSettings.read(
            SettingsReader(yaml: try FlatYAML(yaml: text, file: path), fileName: path, environment: [:]), file: path)
    }

    private static func text(_ path: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw CommandFailure("\(path) cannot be read: \(FileProblem.reason(error))")
        }
    }

    /// Makes a token for everything, where there is none yet.
    ///
    /// - Returns: its text, which nothing can bring back; nil where there are tokens.
    func makeToken(_ now: Timestamp) throws -> String? {
        guard try tokens.tokens().isEmpty else { return nil }
        var generator = SystemRandomNumberGenerator()
        let (record, text) = AccessToken.make(
            name: "operator", permissions: [.admin], zones: .all, createdAt: now, using: &generator)
        try tokens.makeDirectory()
        try tokens.update { $0.append(record) }
        return "\(text)"
    }
}
