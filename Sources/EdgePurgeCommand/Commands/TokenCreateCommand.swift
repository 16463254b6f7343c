import ArgumentParser
import ControlPlane
import FoundationEssentials
import PurgeModel

/// `edge-purge token create`: makes a token and shows it once.
struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token and print it; it is not kept anywhere and cannot be shown again.",
        discussion: """
              edge-purge token create deploy --permission cache_purge --zone shop.example --config control.yaml
              edge-purge token create dashboard --permission read --expires 90d
              edge-purge token create operator --permission admin

            read: to see purges, agents, lag, zones and metrics. cache_purge: to purge the
            zones named with --zone, and to see them and their purges. admin: everything.

            Old Cloudflare plugins that ask for an e-mail address and a key: give the
            address with --email, and the token as the key.
            """
    )

    @Argument(help: ArgumentHelp("Whom or what it is for; stands in the log and in purges.", valueName: "name"))
    var name: String

    @Option(
        name: .customLong("permission"),
        help: ArgumentHelp("read, cache_purge or admin. Repeatable, or a list.", valueName: "permission"))
    var permissions: [String]

    @Option(
        name: .customLong("zone"),
        help: ArgumentHelp("A zone it may purge, by name or id; * for all. Repeatable, or a list.", valueName: "zone"))
    var zones: [String] = []

    @Option(
        name: .customLong("expires"),
        help: ArgumentHelp("Refuse it after this time: 12h, 90d. (Default: never.)", valueName: "duration"))
    var expires: String?

    @Option(
        name: .customLong("email"),
        help: ArgumentHelp("Accept it as X-Auth-Key too, with this address as X-Auth-Email.", valueName: "address"))
    var email: String?

    @Flag(name: .customLong("json"), help: "Print one JSON object, for scripts.")
    var wantsJSON = false

    @OptionGroup var options: TokenOptions

    func validate() throws {
        if !TokenRule.isName(name) { throw ValidationError("The name \"\(name)\" has to be \(TokenRule.name).") }
        let wanted = try parsedPermissions()
        if wanted.contains(.cachePurge), zones.isEmpty, !wanted.contains(.admin) {
            throw ValidationError("Say which zones it may purge with --zone; --zone '*' for all.")
        }
        if !wanted.contains(.cachePurge), !zones.isEmpty {
            throw ValidationError("--zone is for the permission cache_purge only.")
        }
        if let expires, (DurationText.duration(expires) ?? .zero) <= .zero {
            throw ValidationError("--expires \(expires): write \(DurationText.form).")
        }
        if let email, !TokenRule.isEmail(email) { throw ValidationError("--email \(email) is no address.") }
    }

    func run() async throws {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let permissions = try parsedPermissions()
        var generator = SystemRandomNumberGenerator()
        let (record, text) = AccessToken.make(
            name: name, permissions: permissions,
            zones: permissions.contains(.admin) ? .all : try options.zones(Self.split(zones)), createdAt: now,
            expiresAt: expires.flatMap(DurationText.duration).map(now.advanced(by:)), email: email, using: &generator)
        let file = try options.tokenFile()
        try file.makeDirectory()
        try file.update { tokens in
            guard !tokens.contains(where: { $0.name == name }) else {
                throw CommandFailure(
                    "there is a token \(name) already; take another name, or first: edge-purge token revoke \(name)")
            }
            tokens.append(record)
        }
        if wantsJSON {
            Terminal.write(#"{"id":"\#(record.id)","name":"\#(name)","token":"\#(text)"}"#)
        } else {
            Terminal.write("\(text)")
            Terminal.writeError(
                "Keep it now: only its hash is in \(file.path). Use it as EDGE_PURGE_TOKEN, or as Authorization: "
                    + "Bearer …"
            )
        }
    }

    private func parsedPermissions() throws -> Set<Permission> {
        Set(
            try Self.split(permissions).map { text in
                guard let permission = Permission(rawValue: text) else {
                    throw ValidationError("There is no permission \(text): give \(TokenRule.permissions).")
                }
                return permission
            })
    }

    private static func split(_ values: [String]) -> [String] {
        values.flatMap { $0.split { $0 == "," || $0 == " " }.map(String.init) }
    }
}
