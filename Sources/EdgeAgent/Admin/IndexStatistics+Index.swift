import PurgeModel

extension IndexStatistics {
    /// How large the index is now.
    init(_ index: Index, _ board: AgentStatusBoard) throws {
        let indexed = board.indexed
        let (hosts, tags) = try index.nameCounts()
        let scopes = board.scopes
        let others = scopes.isEmpty ? nil : try index.hosts(outside: scopes)
        self.init(
            objects: indexed.objects, bytes: indexed.bytes, hosts: hosts, tags: tags, diskBytes: index.diskBytes(),
            memoryBytes: index.memoryBytes(), skippedFiles: board.skippedFiles,
            unmatched: indexed.unmatched, otherHosts: others?.count, otherHostExample: others?.example)
    }
}
