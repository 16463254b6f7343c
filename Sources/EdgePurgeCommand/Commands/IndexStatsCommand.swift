import ArgumentParser

/// `edge-purge index stats`: how large the index of this machine is, and what it could not read.
struct IndexStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract:
            "Objects, hosts and tags in the index, the bytes of their files, its size, and the files that were left alone."
    )

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        let answer = try await admin.client().get("/v1/index/stats")
        if admin.wantsJSON {
            Terminal.write(answer.text)
            return
        }
        let stats = try answer.decoded(IndexStats.self)
        var table = TextTable([.left("INDEX"), .right("")])
        table.add(["objects", "\(stats.objects)"])
        if let bytes = stats.bytes { table.add(["their files", ByteSizeText.approximate(bytes)]) }
        if let hosts = stats.hosts { table.add(["hosts", "\(hosts)"]) }
        if let tags = stats.tags { table.add(["tags", "\(tags)"]) }
        if let bytes = stats.diskBytes { table.add(["on disk", ByteSizeText.approximate(bytes)]) }
        if let bytes = stats.memoryBytes { table.add(["in memory", ByteSizeText.approximate(bytes)]) }
        for (reason, count) in (stats.skippedFiles ?? [:]).sorted(by: { $0.key < $1.key }) where count > 0 {
            table.add(["left alone: \(reason)", "\(count)"])
        }
        Terminal.write(table.rendered())
    }
}

/// `GET /v1/index/stats`.
private struct IndexStats: Decodable {
    var objects: Int
    var bytes: Int?
    var hosts: Int?
    var tags: Int?
    var diskBytes: Int?
    var memoryBytes: Int?
    var skippedFiles: [String: Int]?
}
