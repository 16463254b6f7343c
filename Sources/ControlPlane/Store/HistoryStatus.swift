import PurgeModel
import RocksDB

/// Where one purge stands, as it is stored.
struct HistoryStatus: Sendable {
    var acceptedAt: Timestamp
    var position: PurgePosition
    /// Bytes of the event.
    var bytes: Int
    /// What it has reached.
    var reached: ByMilestone<Reached?>
    var removedObjects: Int
    var removedBytes: Int64
    /// Pieces of results that are stored.
    var pieces: Int
    /// Bytes of all of these.
    var pieceBytes: Int
    /// Which topic of its partition it was in, by their number; 0 in what an earlier version wrote.
    var topic: Int64

    /// About what the purge takes in the database, keys included.
    var size: Int { bytes + pieceBytes + 150 }

    /// The value of its key.
    var encoded: [UInt8] {
        var value: [UInt8] = []
        value.append(signed: acceptedAt.milliseconds)
        value.append(integer: UInt32(bitPattern: position.partition))
        value.append(signed: position.offset)
        value.append(varint: UInt64(bytes))
        Self.append(reached.confirmed, to: &value)
        value.append(signed: Int64(removedObjects))
        value.append(signed: removedBytes)
        value.append(varint: UInt64(pieces))
        value.append(varint: UInt64(pieceBytes))
        value.append(signed: topic)
        Self.append(reached.effective, to: &value)
        return value
    }

    private static func append(_ reached: Reached?, to value: inout [UInt8]) {
        let (at, took) = (reached?.at, reached?.took)
        value.append((reached == nil ? 0 : 1) | (at == nil ? 0 : 2) | (took == nil ? 0 : 4))
        if let at { value.append(signed: at.milliseconds) }
        if let took { value.append(signed: took.wholeMicroseconds) }
    }

    private static func reached(_ reader: inout ByteReader<RocksDBError>) throws(RocksDBError) -> Reached? {
        let flags = try reader.integer(UInt8.self)
        let at = flags & 2 == 0 ? nil : Timestamp(milliseconds: try reader.signed())
        let took = flags & 4 == 0 ? nil : Duration.microseconds(try reader.signed())
        return flags & 1 == 0 ? nil : Reached(at: at, took: took)
    }
}

extension HistoryStatus {
    /// Reads what ``encoded`` wrote; throws `.corruption` for anything else.
    init(_ value: [UInt8]) throws(RocksDBError) {
        var reader = ByteReader(value)
        acceptedAt = Timestamp(milliseconds: try reader.signed())
        let partition = Int32(bitPattern: try reader.integer(UInt32.self))
        position = PurgePosition(partition: partition, offset: try reader.signed())
        bytes = Int(clamping: try reader.varint())
        let confirmed = try Self.reached(&reader)
        removedObjects = Int(clamping: try reader.signed())
        removedBytes = try reader.signed()
        pieces = Int(clamping: try reader.varint())
        pieceBytes = Int(clamping: try reader.varint())
        topic = reader.rest.isEmpty ? 0 : try reader.signed()
        // An earlier version knew of none that was effective before it was confirmed.
        reached = ByMilestone(
            effective: reader.rest.isEmpty ? confirmed : try Self.reached(&reader), confirmed: confirmed)
    }
}
