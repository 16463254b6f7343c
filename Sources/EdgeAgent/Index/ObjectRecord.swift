import PurgeModel

/// An index entry: one generation of one object, with the numbers that stand for its hosts and tags.
struct ObjectRecord: Hashable, Sendable {
    var key: ObjectKey
    var date: UInt32
    var sizeKiB: UInt32
    var hosts: [UInt32]
    /// Numbers of (tag, host) pairs.
    var labels: [UInt32]
    /// See ``StoredObject/targets``.
    var targets: [[UInt8]]
    var hasSiblings: Bool
    /// Whether it has tags that are not among its labels.
    var lacksTags: Bool
    /// Whether its key could not be taken apart, so that it has no host that anybody knows.
    var isUnmatched: Bool

    private static let siblingsBit: UInt8 = 4
    private static let lacksTagsBit: UInt8 = 8
    private static let unmatchedBit: UInt8 = 16

    /// Its keys in `urls`.
    func urls(_ id: ObjectID) -> [[UInt8]] {
        hosts.flatMap { host in targets.map { IndexKeys.url(host, target: $0, id: id) } }
    }

    /// The beginnings of the `urls` keys of its URL, under all its names.
    var urlKeys: [[UInt8]] {
        hosts.flatMap { host in targets.map { IndexKeys.urlPrefix(host, $0 + [0]) } }
    }

    /// Equal for objects whose families are the same.
    var urlKey: [UInt8] { Array(urlKeys.joined()) }

    /// The value kept under the object's number.
    ///
    /// The layout is in `docs/architecture.md`.
    func encoded() -> [UInt8] {
        let hasOneName = targets.count == 1 && hosts.count <= 2
        var bytes: [UInt8] = []
        bytes.reserveCapacity(40 + (targets.first?.count ?? 0) + 3 * labels.count)
        let flags =
            (hasSiblings ? Self.siblingsBit : 0) | (lacksTags ? Self.lacksTagsBit : 0)
            | (isUnmatched ? Self.unmatchedBit : 0)
        bytes.append((hasOneName ? UInt8(hosts.count) : Self.manyNames) | flags)
        bytes.append(key.cache)
        bytes.append(key.rest)
        bytes.append(integer: key.high)
        bytes.append(integer: key.low)
        bytes.append(integer: date)
        bytes.append(varint: UInt64(sizeKiB))
        if !hasOneName { bytes.append(varint: UInt64(hosts.count)) }
        for host in hosts { bytes.append(varint: UInt64(host)) }
        bytes.append(varint: UInt64(labels.count))
        for label in labels { bytes.append(varint: UInt64(label)) }
        // The last target goes to the end.
        if !hasOneName {
            bytes.append(varint: UInt64(targets.count))
            for target in targets.dropLast() {
                bytes.append(varint: UInt64(target.count))
                bytes.append(contentsOf: target)
            }
        }
        bytes.append(contentsOf: targets.last ?? [])
        return bytes
    }

    /// In place of the number of hosts: that, and the number of targets, are given.
    private static let manyNames: UInt8 = 3

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
        let hasMany = flags & 3 == Self.manyNames
        let hostCount = hasMany ? try reader.count() : Int(flags & 3)
        hosts = []
        for _ in 0..<hostCount { hosts.append(UInt32(truncatingIfNeeded: try reader.varint())) }
        labels = []
        let labelCount = try reader.count()
        labels.reserveCapacity(labelCount)
        for _ in 0..<labelCount { labels.append(UInt32(truncatingIfNeeded: try reader.varint())) }
        targets = []
        let targetCount = hasMany ? try reader.count() : 1
        for _ in 0..<max(0, targetCount - 1) { targets.append(Array(try reader.bytes(try reader.count()))) }
        targets.append(Array(reader.rest))
        hasSiblings = flags & Self.siblingsBit != 0
        isUnmatched = flags & Self.unmatchedBit != 0
        lacksTags = flags & Self.lacksTagsBit != 0
    }

    /// Creates the record of a stored object.
    init(_ object: StoredObject, hosts: [UInt32], labels: [UInt32]) {
        key = object.key
        date = object.date
        sizeKiB = object.sizeKiB
        self.hosts = hosts
        self.labels = labels
        targets = object.targets
        hasSiblings = object.hasSiblings
        lacksTags = object.lacksTags || object.tagLoss != nil
        isUnmatched = object.reversedHosts.isEmpty
    }
}

extension ByteReader<IndexFormatError> {
    /// Reads a number of things that each take a byte at least; more than are left is damage.
    fileprivate mutating func count() throws(IndexFormatError) -> Int {
        let count = try varint()
        guard count <= UInt64(rest.count) else { throw IndexFormatError() }
        return Int(count)
    }
}
