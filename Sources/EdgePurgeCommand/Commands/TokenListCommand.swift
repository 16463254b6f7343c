import ArgumentParser
import ControlPlane
import FoundationEssentials
import PurgeModel

/// `edge-purge token list`: shows who may do what.
struct TokenListCommand: AsyncParsableCommand {
    /// A token as scripts see it.
    private struct Item: Encodable {
        var id: String
        var name: String
        var permissions: [Permission]
        var zones: [String]
        var created: String
        var expires: String?
        var email: String?

        init(_ token: AccessToken) {
            id = token.id
            name = token.name
            permissions = Permission.allCases.filter(token.permissions.contains)
            zones = token.zones.texts
            created = token.createdAt.description
            expires = token.expiresAt?.description
            email = token.email
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the tokens there are, without their secrets.")

    @Flag(name: .customLong("json"), help: "Print one JSON object, for scripts.")
    var wantsJSON = false

    @OptionGroup var options: TokenOptions

    func run() async throws {
        let file = try options.tokenFile()
        let items = try file.tokens().map(Item.init)
        if wantsJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Terminal.write(String(decoding: try encoder.encode(["tokens": items]), as: UTF8.self))
            return
        }
        if items.isEmpty {
            Terminal.write("There are no tokens in \(file.path).")
            return
        }
        var table = TextTable([
            .left("NAME"), .left("ID"), .left("PERMISSIONS"), .left("ZONES"), .left("CREATED"), .left("EXPIRES"),
        ])
        for item in items {
            table.add([
                item.name, item.id, item.permissions.map(\.rawValue).joined(separator: ","),
                item.zones.isEmpty ? "-" : item.zones.joined(separator: ","), item.created, item.expires ?? "never",
            ])
        }
        Terminal.write(table.rendered())
    }
}
