/// What may be looked at of the history: its events cost time, whether they belong to a list or not.
struct HistoryLook: Sendable, Hashable {
    private(set) var purges: Int
    /// Of their events; the last one may have more.
    private(set) var bytes: Int

    init(purges: Int, bytes: Int) {
        (self.purges, self.bytes) = (purges, bytes)
    }

    /// Whether nothing more may be looked at.
    var isSpent: Bool { purges <= 0 || bytes <= 0 }

    /// An event of so many bytes was looked at.
    mutating func spend(_ bytes: Int) { spend(HistoryLook(purges: 1, bytes: bytes)) }

    /// Others have looked at this.
    mutating func spend(_ other: HistoryLook) {
        purges -= other.purges
        bytes -= other.bytes
    }

    /// As much as both allow.
    func bounded(by other: HistoryLook) -> HistoryLook {
        HistoryLook(purges: min(purges, other.purges), bytes: min(bytes, other.bytes))
    }

    /// What was looked at since `earlier`.
    func spent(since earlier: HistoryLook) -> HistoryLook {
        HistoryLook(purges: earlier.purges - purges, bytes: earlier.bytes - bytes)
    }
}
