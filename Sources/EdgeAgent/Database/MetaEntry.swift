/// One entry of the family `meta`.
struct MetaEntry<Value: Stored>: Sendable {
    private let table: Table
    private let key: [UInt8]

    init(_ key: String, in table: Table) {
        self.table = table
        self.key = Array(key.utf8)
    }

    /// Nil when it is not there.
    func value() throws -> Value? { try table.value(key).map(Value.init(decoding:)) }

    func put(_ value: Value, into change: inout Change) { change.put(key, value.encoded(), in: table) }

    func delete(from change: inout Change) { change.delete(key, in: table) }
}

extension MetaEntry<Flag> {
    var isSet: Bool { get throws { try value() != nil } }

    func set(in change: inout Change) { put(Flag(), into: &change) }
}
