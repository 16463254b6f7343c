import PurgeModel
import RocksDB

/// What a partition that started over has not made up for yet.
///
/// The tracker of such a partition begins with the flush, so everything before it would look applied; it is when the flush is.
extension PurgeQueue {
    /// Whether the flush that stands for missed purges is still to be done.
    static func hasMissed(_ partition: Int32, _ state: State) -> Bool {
        guard let begun = state.begun[partition] else { return false }
        return state.open.contains(
            QueueKey(partition: partition, epoch: state.epochs[partition] ?? 0, offset: begun - 1))
    }

    /// `meta`: the offset from which a partition is read that started over; its flush stands just below.
    func putBegun(_ partition: Int32, _ offset: Int64, _ batch: inout WriteBatch) {
        var value: [UInt8] = []
        value.append(integer: UInt64(bitPattern: offset))
        batch.put(Self.begunPrefix + QueueKey.prefix(partition), value, in: meta)
    }

    static func loadBegun(_ database: Database, _ meta: ColumnFamily) throws -> [Int32: Int64] {
        var entries: [([UInt8], [UInt8])] = []
        try database.scan(in: meta, from: begunPrefix, to: begunPrefix.prefixEnd) { key, value in
            entries.append((key.copy(), value.copy()))
            return .next
        }
        var begun: [Int32: Int64] = [:]
        for (key, value) in entries {
            var keyReader = ByteReader(key.dropFirst(begunPrefix.count))
            let partition = Int32(bitPattern: try keyReader.integer(UInt32.self))
            var reader = ByteReader(value)
            begun[partition] = Int64(bitPattern: try reader.integer(UInt64.self))
        }
        return begun
    }

    private static let begunPrefix = Array("begun/".utf8)
}
