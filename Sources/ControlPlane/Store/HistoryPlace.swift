import PurgeModel

/// Where a purge stands in the order of the history: the newest first, told apart by their ids.
struct HistoryPlace: Hashable, Sendable {
    let acceptedAt: Timestamp
    let id: PurgeID

    init(acceptedAt: Timestamp, id: PurgeID) {
        self.acceptedAt = acceptedAt
        self.id = id
    }

    /// Reads what ``bytes`` wrote.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 24, let id = PurgeID(bytes: bytes.dropFirst(8).map { ~$0 }) else { return nil }
        let time = bytes.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64(~$1) }
        self.init(acceptedAt: Timestamp(milliseconds: Int64(bitPattern: time ^ 1 << 63)), id: id)
    }

    /// Sorts the newest first.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt64(bitPattern: acceptedAt.milliseconds) ^ 1 << 63)
        return (bytes + id.bytes).map { ~$0 }
    }

    /// Reads a cursor of the API.
    init?(cursor: some StringProtocol) {
        let parts = cursor.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0]), let id = PurgeID(String(parts[1])) else { return nil }
        self.init(acceptedAt: Timestamp(milliseconds: time), id: id)
    }

    /// A cursor for the API: pages go on after this purge.
    var cursor: String { "\(acceptedAt.milliseconds).\(id)" }
}
