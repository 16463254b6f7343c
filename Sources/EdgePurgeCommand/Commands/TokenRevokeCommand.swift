import ArgumentParser
import ControlPlane

/// `edge-purge token revoke`: takes a token back.
struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take a token back: within a second it is refused.",
        discussion: "Without any token left, everybody is refused; nothing is opened by it.")

    @Argument(help: ArgumentHelp("Its name or id.", valueName: "name"))
    var name: String

    @OptionGroup var options: TokenOptions

    func run() async throws {
        let file = try options.tokenFile()
        let revoked = try file.update { tokens in
            guard let index = tokens.firstIndex(where: { $0.name == name || $0.id == name }) else {
                let known = tokens.map(\.name).sorted().joined(separator: ", ")
                throw CommandFailure(
                    "there is no token \(name) in \(file.path); there are: \(known.isEmpty ? "none" : known)")
            }
            return tokens.remove(at: index)
        }
        Terminal.write("revoked \(revoked.name) (\(revoked.id))")
    }
}
