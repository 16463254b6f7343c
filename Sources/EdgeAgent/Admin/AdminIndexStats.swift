import Hummingbird
import PurgeModel

/// What `GET /v1/index/stats` answers.
struct AdminIndexStats: ResponseEncodable {
    var objects: Int
    var bytes: Int64
    var hosts: Int
    var tags: Int
    var diskBytes: Int
    var memoryBytes: Int
    var skippedFiles: [String: Int]

    enum CodingKeys: String, CodingKey {
        case objects, bytes, hosts, tags
        case diskBytes = "disk_bytes"
        case memoryBytes = "memory_bytes"
        case skippedFiles = "skipped_files"
    }

    init(_ index: Index, _ board: AgentStatusBoard) throws {
        let indexed = board.indexed
        objects = indexed.objects
        bytes = indexed.bytes
        (hosts, tags) = try index.nameCounts()
        diskBytes = index.diskBytes()
        memoryBytes = index.memoryBytes()
        skippedFiles = board.skippedFiles
    }
}
