import ArgumentParser
import PurgeModel

/// `edge-purge index count`: how many objects a purge would remove from this machine.
struct IndexCountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "How many stored objects a purge with these selectors would remove here."
    )

    @OptionGroup var query: ObjectOptions
    @OptionGroup var admin: AdminOptions

    func run() async throws {
        try query.selectors.check()
        let answer = try await admin.client().get("/v1/index/count?\(query.query)")
        if admin.wantsJSON {
            Terminal.write(answer.text)
        } else {
            Terminal.write("\(try answer.decoded(ObjectCount.self).count)")
        }
    }
}
