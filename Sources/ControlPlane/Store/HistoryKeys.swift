import PurgeModel

/// The keys of the family `history`, and the forms of its values.
///
/// | Key | Value |
/// |---|---|
/// | `e`, order (24) | its zone, then the event as in `purge.events`; written once |
/// | `s`, id (16) | where it stands: see ``HistoryStatus`` |
/// | `o`, id (16) | empty: the purge is open |
/// | `r`, id (16), number (4) | a piece of what agents told |
/// | `t`, minute (8) | times to confirmed |
///
/// *Order* is the inverted time of acceptance (8) and the inverted id (16): the newest purge comes first.
enum HistoryKeys {
    static let events = Array("e".utf8)
    static let eventsEnd = Array("f".utf8)
    static let open = Array("o".utf8)
    static let openEnd = Array("p".utf8)
    static let times = Array("t".utf8)
    static let timesEnd = Array("u".utf8)

    static func event(_ place: HistoryPlace) -> [UInt8] { events + place.bytes }
    static func status(_ id: PurgeID) -> [UInt8] { Array("s".utf8) + id.bytes }
    static func open(_ id: PurgeID) -> [UInt8] { open + id.bytes }

    static func results(_ id: PurgeID, piece: Int) -> [UInt8] {
        var key = Array("r".utf8) + id.bytes
        key.append(integer: UInt32(clamping: piece))
        return key
    }

    static func times(_ minute: Int64) -> [UInt8] {
        var key = times
        key.append(integer: UInt64(bitPattern: minute) ^ 1 << 63)
        return key
    }

    /// The minute of a key of times.
    static func minute(_ key: [UInt8]) -> Int64? {
        var reader = ByteReader(Array(key.dropFirst()))
        return (try? reader.integer(UInt64.self)).map { Int64(bitPattern: $0 ^ 1 << 63) }
    }

    /// In the family `meta`: how far a partition of `purge.events` was read.
    static let readTo = Array("read/".utf8)
    static let readToEnd = Array("read0".utf8)
    /// In the family `meta`: how often a partition of `purge.events` was seen to be another topic's.
    static let topics = Array("topic/".utf8)
    static let topicsEnd = Array("topic0".utf8)
    static func topic(_ partition: Int32) -> [UInt8] {
        var key = topics
        key.append(integer: UInt32(bitPattern: partition))
        return key
    }

    /// In the family `meta`: who is a member, and whose the name of an agent is.
    static let claims = Array("machine/".utf8)
    static let claimsEnd = Array("machine0".utf8)
    static func claim(_ name: String) -> [UInt8] { claims + Array(name.utf8) }

    /// In the family `meta`: purges in the history, and their bytes.
    static let size = Array("size".utf8)
}
