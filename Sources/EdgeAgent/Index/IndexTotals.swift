import PurgeModel
import RocksDB

/// How much is in the index, or by how much that changes: objects, and the bytes of their files.
struct IndexTotals: Hashable, Sendable {
    var objects: Int
    /// Of whole KiB: the index keeps sizes so.
    var bytes: Int64

    /// The sum of no objects, unless said otherwise.
    init(objects: Int = 0, bytes: Int64 = 0) {
        self.objects = objects
        self.bytes = bytes
    }

    /// One object of that size.
    init(sizeKiB: UInt32) {
        self.init(objects: 1, bytes: Int64(sizeKiB) * 1024)
    }

    static func + (one: IndexTotals, other: IndexTotals) -> IndexTotals {
        IndexTotals(objects: one.objects + other.objects, bytes: one.bytes + other.bytes)
    }

    static func += (one: inout IndexTotals, other: IndexTotals) { one = one + other }

    static prefix func - (totals: IndexTotals) -> IndexTotals {
        IndexTotals(objects: -totals.objects, bytes: -totals.bytes)
    }

    // MARK: On disk

    private static let key = Array("objects".utf8)

    /// Keeps the totals in the same write as the change itself.
    func put(into batch: inout WriteBatch, _ meta: ColumnFamily) {
        var value: [UInt8] = []
        value.append(varint: UInt64(max(0, objects)))
        value.append(varint: UInt64(max(0, bytes)))
        batch.put(Self.key, value, in: meta)
    }

    /// The totals that an earlier run left.
    ///
    /// A version before this one did not keep the bytes: then everything is looked at once.
    init(keptIn index: Index) throws {
        guard let value = try index.database.value(forKey: Self.key, in: index.meta) else {
            self.init()
            return
        }
        var reader = ByteReader(value)
        let objects = Int(truncatingIfNeeded: try reader.varint())
        guard reader.rest.isEmpty else {
            self.init(objects: objects, bytes: Int64(truncatingIfNeeded: try reader.varint()))
            return
        }
        self.init(objects: objects, bytes: try Self(counting: index).bytes)
    }

    /// Counts what is there, by looking at every object.
    init(counting index: Index) throws {
        var totals = IndexTotals()
        var failure: IndexFormatError?
        try index.database.scan(in: index.objects, from: [], to: nil, keepsBlocksCached: false) { _, value in
            do throws(IndexFormatError) {
                totals += IndexTotals(sizeKiB: try ObjectRecord(decoding: value.copy()).sizeKiB)
                return .next
            } catch {
                failure = error
                return .stop
            }
        }
        if let failure { throw failure }
        self = totals
    }
}
