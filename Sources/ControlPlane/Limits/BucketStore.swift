/// Keeps buckets over a restart.
protocol BucketStore: Sendable {
    /// Keeps what `buckets` answers; it is asked when it is this account's turn, so that nothing older overwrites
    /// something newer.
    func keep(_ account: String, _ buckets: @escaping @Sendable () -> StoredBuckets?) async throws
}
