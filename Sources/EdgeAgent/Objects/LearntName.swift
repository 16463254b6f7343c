/// What the access log says of an object whose cache key cannot be taken apart.
struct LearntName: Hashable, Sendable {
    /// Where the object is, if it is stored; its variants are elsewhere.
    var places: KeyRange
    /// The visitors' host, labels reversed.
    var reversedHost: [UInt8]
    /// See ``StoredObject/targets``.
    var target: [UInt8]
}
