/// The entries of the family `meta` whose keys begin alike, one for each key.
struct MetaEntries<Key: Stored, Value: Stored>: Sendable {
    private let table: Table
    private let prefix: [UInt8]

    init(_ prefix: String, in table: Table) {
        self.table = table
        self.prefix = Array(prefix.utf8)
    }

    /// Nil when there is none under this key.
    func value(_ key: Key) throws -> Value? { try table.value(prefix + key.encoded()).map(Value.init(decoding:)) }

    /// All of them, in the order of their keys.
    func all() throws -> [(key: Key, value: Value)] {
        try table.entries(beginningWith: prefix).map { key, value in
            (try Key(decoding: Array(key.dropFirst(prefix.count))), try Value(decoding: value))
        }
    }

    /// All keys, in order, without reading what they stand for.
    func keys() throws -> [Key] {
        var keys: [Key] = []
        try table.scan(from: prefix, to: prefix.prefixEnd) { key, _ in
            keys.append(try Key(decoding: key.extracting(prefix.count..<key.count).copy()))
            return true
        }
        return keys
    }

    func put(_ key: Key, _ value: Value, into change: inout Change) {
        change.put(prefix + key.encoded(), value.encoded(), in: table)
    }

    func delete(_ key: Key, from change: inout Change) { change.delete(prefix + key.encoded(), in: table) }

    /// Deletes those whose encoded key begins so: all of them, unless it is said.
    func deleteAll(beginningWith start: [UInt8] = [], from change: inout Change) {
        change.deleteAll(beginningWith: prefix + start, in: table)
    }
}
