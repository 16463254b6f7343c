import PurgeModel

/// An index entry: one generation of one object, with the numbers that stand for its hosts and tags.
struct ObjectRecord: Hashable, Sendable {
    var key: ObjectKey
    var date: UInt32
    var sizeKiB: UInt32
    var hosts: [UInt32]
    /// Numbers of (tag, host) pairs.
    var labels: [UInt32]
    var target: [UInt8]
    var hasSiblings: Bool
    /// Whether it has tags that are not among its labels.
    var lacksTags: Bool

    /// The beginning of the `urls` keys of this URL under one of its hosts.
    func urlKey(_ host: UInt32) -> [UInt8] { IndexKeys.urlPrefix(host, target + [0]) }

    /// Equal for objects whose families are the same.
    var urlKey: [UInt8] { hosts.flatMap { urlKey($0) } }

    /// The value kept under the object's number.
    ///
    /// The layout is in `docs/architecture.md`.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(40 + target.count + 3 * labels.count)
        bytes.append(UInt8(hosts.count & 3) | (hasSiblings ? 4 : 0) | (lacksTags ? 8 : 0))
        bytes.append(key.cache)
        bytes.append(key.rest)
        bytes.append(integer: key.high)
        bytes.append(integer: key.low)
        bytes.append(integer: date)
        bytes.append(varint: UInt64(sizeKiB))
        for host in hosts { bytes.append(varint: UInt64(host)) }
        bytes.append(varint: UInt64(labels.count))
        for label in labels { bytes.append(varint: UInt64(label)) }
        bytes.append(contentsOf: target)
        return bytes
    }

    /// Reads a value that ``encoded()`` made.
    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        let flags = try reader.integer(UInt8.self)
        let cache = try reader.integer(UInt8.self)
        let rest = try reader.integer(UInt8.self)
        let high = try reader.integer(UInt64.self)
        key = ObjectKey(cache: cache, high: high, low: try reader.integer(UInt64.self), rest: rest)
        date = try reader.integer(UInt32.self)
        sizeKiB = UInt32(truncatingIfNeeded: try reader.varint())
        hosts = []
        for _ in 0..<(flags & 3) { hosts.append(UInt32(truncatingIfNeeded: try reader.varint())) }
        labels = []
        let labelCount = try reader.varint()
        guard labelCount <= UInt64(reader.rest.count) else { throw IndexFormatError() }
        for _ in 0..<labelCount { labels.append(UInt32(truncatingIfNeeded: try reader.varint())) }
        target = Array(reader.rest)
        hasSiblings = flags & 4 != 0
        lacksTags = flags & 8 != 0
    }

    /// Creates the record of a stored object.
    init(_ object: StoredObject, hosts: [UInt32], labels: [UInt32]) {
        key = object.key
        date = object.date
        sizeKiB = object.sizeKiB
        self.hosts = hosts
        self.labels = labels
        target = object.target
        hasSiblings = object.hasSiblings
        lacksTags = object.tagLoss != nil
    }
}
