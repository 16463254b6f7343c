import RocksDB

/// Entries to be put and deleted at one moment: after ``AgentDatabase/write(_:sync:)`` all of them are so, or none.
struct Change: ~Copyable {
    /// What ``AgentDatabase`` writes.
    private(set) var batch = WriteBatch()

    var isEmpty: Bool { batch.isEmpty }

    mutating func put(_ key: [UInt8], _ value: [UInt8], in table: Table) { batch.put(key, value, in: table.family) }

    mutating func delete(_ key: [UInt8], in table: Table) { batch.delete(key, in: table.family) }

    /// Deletes everything whose key begins so.
    mutating func deleteAll(beginningWith prefix: [UInt8], in table: Table) {
        if let end = prefix.prefixEnd { batch.deleteRange(from: prefix, to: end, in: table.family) }
    }

    /// Empties a table.
    mutating func deleteAll(in table: Table) {
        // No key is as long as this and all ones.
        batch.deleteRange(from: [], to: [UInt8](repeating: .max, count: 64), in: table.family)
    }
}
