import Kafka
import RocksDB

/// Remembers the last message that was read of each partition, so that a topic made anew is noticed even when it is longer already than
/// the old one was.
///
/// Kafka gives no sign of it: offsets begin again at 0 and go on past the place where the agent left off. But the message just below that
/// place is another one (docs/decisions/0014-topics-made-anew.md).
struct LastMessages: Sendable {
    private let database: Database
    private let meta: ColumnFamily

    /// What tells one message of a partition from another.
    struct Mark: Hashable, Sendable {
        var offset: Int64
        var fingerprint: UInt64
    }

    init(database: Database) throws {
        self.database = database
        meta = try database.columnFamily("meta")
    }

    /// Remembers messages that have been queued, in the order they came.
    ///
    /// Written after the queue: what a crash leaves out is only not compared.
    func note(_ messages: [Message]) throws {
        var batch = WriteBatch()
        let last = Dictionary(messages.map { ($0.partition, $0) }) { $1 }
        for (partition, message) in last {
            let mark = Mark(message)
            var value: [UInt8] = []
            value.append(integer: UInt64(bitPattern: mark.offset))
            value.append(integer: mark.fingerprint)
            batch.put(Self.key(partition), value, in: meta)
        }
        try database.write(batch, sync: false)
    }

    /// What must be just below `next`; nil when that is not known.
    func mark(_ partition: Int32, below next: Int64) throws -> Mark? {
        guard let value = try database.value(forKey: Self.key(partition), in: meta) else { return nil }
        var reader = ByteReader(value)
        let offset = Int64(bitPattern: try reader.integer(UInt64.self))
        let mark = Mark(offset: offset, fingerprint: try reader.integer(UInt64.self))
        return offset == next - 1 ? mark : nil
    }

    private static func key(_ partition: Int32) -> [UInt8] { Array("last/".utf8) + QueueKey.prefix(partition) }
}

extension LastMessages.Mark {
    /// FNV-1a of time, key and value: a purge has an id of its own, so two messages are hardly ever the same.
    init(_ message: Message) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        }
        var time: [UInt8] = []
        time.append(integer: UInt64(bitPattern: message.timestamp ?? -1))
        mix(time)
        // A length before each, so that no two messages read the same.
        for field in [message.key, message.value] {
            var length: [UInt8] = []
            length.append(varint: UInt64(field.map { $0.count + 1 } ?? 0))
            mix(length)
            mix(field ?? [])
        }
        self.init(offset: message.offset, fingerprint: hash)
    }
}
