/// Names one stored object among all caches of the agent.
///
/// What stands in it only the format of the object's cache knows (`CacheFileFormat`); to everybody else it is 18 bytes
/// that are equal, ordered and kept.
package struct ObjectKey: Hashable, Comparable, Sendable {
    /// Which cache, by the number that its path has in the agent's database.
    package let cache: UInt8
    /// The place in the cache, the most significant bytes first.
    let high: UInt64
    let low: UInt64
    /// What tells two places apart whose other bytes are the same.
    let rest: UInt8

    /// Bytes of an encoded key.
    static let byteCount = 18

    /// The order of the encoded bytes.
    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.cache, left.high, left.low, left.rest) < (right.cache, right.high, right.low, right.rest)
    }
}
