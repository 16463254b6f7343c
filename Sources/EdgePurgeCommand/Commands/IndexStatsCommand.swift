import ArgumentParser
import PurgeModel

/// `edge-purge index stats`: how large the index of this machine is, and what it could not read.
struct IndexStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract:
            "Objects, hosts and tags in the index, the bytes of their files, its size, and the files that were left "
            + "alone."
    )

    @OptionGroup var admin: AdminOptions

    func run() async throws {
        let answer = try await admin.client().get("/v1/index/stats")
        if admin.wantsJSON {
            Terminal.write(answer.text)
            return
        }
        let stats = try answer.decoded(IndexStatistics.self)
        var table = TextTable([.left("INDEX"), .right("")])
        table.add(["objects", "\(stats.objects)"])
        table.add(["their files", ByteSizeText.approximate(Int(clamping: stats.bytes))])
        table.add(["hosts", "\(stats.hosts)"])
        if let others = stats.otherHosts, others > 0 {
            let example = stats.otherHostExample.map { ", such as \($0)" } ?? ""
            table.add(["hosts of no zone purged lately", "\(others)\(example)"])
        }
        table.add(["tags", "\(stats.tags)"])
        if stats.unmatched > 0 { table.add(["objects that fit no cache key", "\(stats.unmatched)"]) }
        table.add(["on disk", ByteSizeText.approximate(stats.diskBytes)])
        table.add(["in memory", ByteSizeText.approximate(stats.memoryBytes)])
        for (reason, count) in stats.skippedFiles.sorted(by: { $0.key < $1.key }) where count > 0 {
            table.add(["left alone: \(reason)", "\(count)"])
        }
        Terminal.write(table.rendered())
    }
}
