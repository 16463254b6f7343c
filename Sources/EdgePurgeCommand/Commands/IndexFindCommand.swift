import ArgumentParser
import PurgeModel

/// `edge-purge index find`: what a purge would remove from this machine.
struct IndexFindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "The stored objects that a purge with these selectors would remove here."
    )

    @OptionGroup var query: ObjectOptions

    @Option(name: .customLong("limit"), help: ArgumentHelp("Show at most this many.", valueName: "number"))
    var limit = 100

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        // The agent's own limit.
        if !(1...10_000).contains(limit) { throw ValidationError("--limit is \(limit); allowed: 1 to 10000.") }
    }

    func run() async throws {
        try query.selectors.check()
        let answer = try await admin.client().get("/v1/index/find?\(query.query)&limit=\(limit)")
        if admin.wantsJSON {
            Terminal.write(answer.text)
            return
        }
        let found = try answer.decoded(FoundObjects.self)
        if found.objects.isEmpty {
            Terminal.write("Nothing that is stored here matches.")
            return
        }
        var table = TextTable([.left("HOST"), .left("TARGET"), .left("STORED AT"), .left("TAGS"), .left("FILE")])
        for object in found.objects {
            table.add([
                object.hosts.joined(separator: " or "), object.target, object.storedAt.description,
                object.tags.joined(separator: ",") + (object.tagsIncomplete ? " (incomplete)" : ""), object.file,
            ])
        }
        Terminal.write(table.rendered())
        if found.more {
            Terminal.writeError("There are more; show them with --limit, count them with `index count`.")
        }
    }
}
