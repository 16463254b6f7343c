import RocksDB

extension ControlStore: BucketStore {
    /// What was kept, by account; a damaged entry counts as none.
    func storedBuckets() throws -> [String: StoredBuckets] {
        var all: [String: StoredBuckets] = [:]
        try database.scan(in: limits, from: [], to: nil) { key, value in
            all[String(decoding: Self.bytes(key), as: UTF8.self)] = StoredBuckets.decode(Self.bytes(value))
            return .next
        }
        return all
    }

    private static func bytes(_ span: Span<UInt8>) -> [UInt8] {
        span.indices.map { span[$0] }
    }

    /// Writes without waiting for the disk: a killed process loses nothing, a power loss the last seconds.
    func keep(_ account: String, _ buckets: @escaping @Sendable () -> StoredBuckets?) async throws {
        try await run { store in
            guard let stored = buckets() else { return }
            var batch = WriteBatch()
            batch.put(Array(account.utf8), try stored.encoded(), in: store.limits)
            try store.database.write(batch, sync: false)
        }
    }
}
