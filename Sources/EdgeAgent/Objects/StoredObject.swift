/// What is known of one stored response: everything a purge may name it by.
package struct StoredObject: Hashable, Sendable {
    /// Where it is.
    package var key: ObjectKey
    /// Tells it from an earlier or later one at the same place.
    package var generation: UInt64
    /// nginx's clock, in seconds since 1970, when the origin's response header had been read.
    package var date: UInt32
    /// Bytes that it takes, in KiB, rounded up.
    package var sizeKiB: UInt32
    /// Hosts, labels reversed (`com.example.www`); several where the cache key can be read in several ways.
    ///
    /// Empty where the key could not be taken apart: then only a purge of everything, in scope `*`, and a tag in scope
    /// `*` find the object.
    package var reversedHosts: [[UInt8]]
    /// Path and query in the form of the key, see ``TargetForm``; at least one, and each counts on each host.
    package var targets: [[UInt8]]
    /// Lower-cased tags, each once.
    package var tags: [[UInt8]]
    /// Whether other files of the same URL must go with it: a variant (`Vary`) or a slice.
    package var hasSiblings: Bool
    /// What ``tags`` lack; nil: nothing.
    package var tagLoss: TagLoss?
    /// Whether the index knows that of an object that was not read again.
    package var lacksTags = false

    /// The part of a generation that the index keeps.
    static let generationMask: UInt64 = (1 << 48) - 1
}
