extension IndexTotals {
    /// One stored object.
    init(_ object: StoredObject) {
        self.init(sizeKiB: object.sizeKiB, isUnmatched: object.reversedHosts.isEmpty)
    }

    /// One object of the index.
    init(_ record: ObjectRecord) { self.init(sizeKiB: record.sizeKiB, isUnmatched: record.isUnmatched) }

    private init(sizeKiB: UInt32, isUnmatched: Bool) {
        self.init(objects: 1, bytes: Int64(sizeKiB) * 1024, unmatched: isUnmatched ? 1 : 0)
    }
}
