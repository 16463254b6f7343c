import PurgeModel

extension IndexStatistics {
    /// How large the index is now.
    init(_ index: Index, _ board: AgentStatusBoard) throws {
        let indexed = board.indexed
        let (hosts, tags) = try index.nameCounts()
        self.init(
            objects: indexed.objects, bytes: indexed.bytes, hosts: hosts, tags: tags, diskBytes: index.diskBytes(),
            memoryBytes: index.memoryBytes(), skippedFiles: board.skippedFiles)
    }
}
