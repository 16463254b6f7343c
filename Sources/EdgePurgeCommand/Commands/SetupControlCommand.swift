import ArgumentParser
import ControlPlane
import Foundation
import PurgeModel

/// `edge-purge setup control`: makes control.yaml, zones.yaml and the first token.
struct SetupControlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "control",
        abstract: "Make control.yaml, zones.yaml and the first token.",
        discussion: """
              edge-purge setup control --bootstrap kafka1:9092 --zone shop.example --write
              edge-purge setup control --zone shop=shop.example,*.img.example --write

            On a terminal it asks for what is not given. Files that are there get what
            they lack, and are copied beside themselves first (.NAME.TIME); zones that are
            there stay as they are. With --write it makes the token operator, which may do
            everything, where there is no token yet, and shows it once.

            Exit codes: 0 nothing to do, or written; 1 failed; 2 usage; 7 there is
            something to write, and --write was not given.
            """
    )

    @Option(name: .customLong("config"), help: ArgumentHelp("Where control.yaml is, or is to be.", valueName: "file"))
    var path = "/etc/edge-purge/control.yaml"

    @Option(name: .customLong("bootstrap"), help: ArgumentHelp("Kafka brokers.", valueName: "host:port"))
    var brokers: String?

    @Option(
        name: .customLong("zone"),
        help: ArgumentHelp(
            "A zone: a name that is its domain, or name=hosts. Repeatable.", valueName: "name[=host,…]"))
    var zones: [String] = []

    @Flag(name: .customLong("write"), help: "Write it, and make the first token.")
    var writes = false

    @Flag(name: .customLong("json"), help: "Print one JSON object, for scripts.")
    var wantsJSON = false

    func validate() throws {
        if !path.hasPrefix("/") { throw ValidationError("--config \(path) has to be an absolute path.") }
    }

    func run() async throws {
        let isThere = FileManager.default.fileExists(atPath: path)
        let brokers =
            try brokers ?? (isThere ? nil : Self.answer("Kafka brokers (kafka1:9092,kafka2:9092)", "--bootstrap"))
        var names = zones
        if names.isEmpty, !isThere {
            names = try Self.answer("Domains to purge, with spaces between (shop.example)", "--zone")
                .split(separator: " ").map(String.init)
        }
        let setup = try ControlSetup(path: path, brokers: brokers, wishes: try names.map { try ControlSetup.Wish($0) })
        var token: String?
        if writes {
            _ = try await SetupWriter.write(setup.changes)
            token = try setup.makeToken(Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
        }
        Terminal.write(
            wantsJSON
                ? try Self.json(setup, token, isWritten: writes) : Self.text(setup, token, path, isWritten: writes))
        if !writes, !setup.changes.isEmpty { throw CommandFailure("", exit: .proposed) }
    }

    private static func answer(_ question: String, _ option: String) throws -> String {
        guard Terminal.inputIsTerminal else {
            throw CommandFailure("give \(option); nobody can be asked here", exit: .usage)
        }
        Terminal.writeErrorRaw("\(question): ")
        return (readLine() ?? "").trimmingCharacters(in: .whitespaces)
    }

    private static func text(_ setup: ControlSetup, _ token: String?, _ path: String, isWritten: Bool) -> String {
        var lines = setup.notes
        lines += setup.changes.isEmpty ? ["Nothing to write."] : [isWritten ? "Written:" : "To be written:"]
        lines += setup.changes.map(\.diff)
        guard isWritten else {
            return (lines + ["", "Nothing was written; give --write to do so."]).joined(separator: "\n")
        }
        if let token {
            lines += [
                "", "The token operator, which may do everything; it cannot be shown again:", "", "  \(token)",
            ]
        }
        lines += [
            "", "Now:", "  edge-purge topics create --config \(path) --replication 3",
            "  systemctl enable --now edge-purge-control",
        ]
        if let zone = setup.zones.first {
            lines += [
                "  curl -s \(setup.address)/client/v4/zones/\(zone.id)/purge_cache \\",
                "    -H 'Authorization: Bearer \(token ?? "TOKEN")' -d '{\"purge_everything\":true}'",
            ]
        }
        return lines.joined(separator: "\n")
    }

    private struct Report: Encodable {
        var written: Bool
        var changes: [String: String]
        var zones: [String: String]
        var token: String?
        var notes: [String]
    }

    private static func json(_ setup: ControlSetup, _ token: String?, isWritten: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let report = Report(
            written: isWritten && !setup.changes.isEmpty,
            changes: Dictionary(setup.changes.map { ($0.path, $0.diff) }) { $1 },
            zones: Dictionary(setup.zones.map { ($0.name, $0.id) }) { $1 }, token: token, notes: setup.notes)
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }
}
