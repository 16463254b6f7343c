import TestSupport

@testable import EdgeAgent

/// The agent's database in a directory of a test.
enum TestDatabase {
    static func open(_ directory: TemporaryDirectory) throws -> AgentDatabase {
        try AgentDatabase(path: directory.path + "/db", blockCacheBytes: 4 << 20, reserveBytes: 0)
    }

    /// How many entries a family of the index, `queue` or `refused`, has.
    static func count(_ family: String, _ database: AgentDatabase) throws -> Int {
        let table =
            switch family {
            case "objects": database.index.objects
            case "files": database.index.files
            case "urls": database.index.urls
            case "tags": database.index.tags
            case "names": database.index.names
            case "refused": database.refused
            default: database.queue
            }
        return try table.entries(beginningWith: []).count
    }
}
