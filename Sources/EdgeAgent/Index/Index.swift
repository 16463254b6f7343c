import PurgeModel

/// Finds stored objects by URL, tag, host, path prefix or all: each a few short range scans, whatever the index holds.
///
/// Reading is safe from any thread. Changes go through ``IndexWriter``, which only the worker's thread owns.
final class Index: Sendable {
    let database: AgentDatabase
    /// The families of the index; whoever writes to them keeps them in step.
    var tables: IndexTables { database.index }
    let normalization: URLNormalization

    init(database: AgentDatabase, normalization: URLNormalization) {
        self.database = database
        self.normalization = normalization
    }

    /// Empties the index, and its totals.
    func clear(into change: inout Change) {
        for table in tables.all { change.deleteAll(in: table) }
        database.meta.totals.put(IndexTotals(), into: &change)
        // What is found from now on can be compared with nothing.
        database.meta.followed.deleteAll(from: &change)
    }

    /// How much is in the index, as an earlier run left it.
    func totals() throws -> IndexTotals {
        if let kept = try database.meta.totals.value() { return kept }
        return try countedTotals()
    }

    /// The same, by looking at every object.
    func countedTotals() throws -> IndexTotals {
        var totals = IndexTotals()
        try tables.objects.scan(from: [], to: nil, keepsBlocksCached: false) { _, value in
            totals += IndexTotals(try ObjectRecord(decoding: value.copy()))
            return true
        }
        return totals
    }

    // MARK: From selectors to ranges

    /// The runs of entries that the selectors name within the scope; an object may occur in several.
    ///
    /// All at once: a purge finds them a few at a time (``IndexRangeFinder``).
    ///
    /// - Parameter forms: how the caches keep URLs.
    func ranges(for selectors: Selectors, scope: Scope, forms: [TargetForm]) throws -> [IndexRange] {
        var finder = IndexRangeFinder(selectors, scope, URLForms(normalization, forms))
        var ranges: [IndexRange] = []
        var looks = Int.max
        while let range = try finder.next(self, &looks) { ranges.append(range) }
        return ranges
    }

    /// The numbers of hosts that a pattern means, or of their labels, up to `limit`, and the key to go on from; nil at
    /// the end.
    ///
    /// - Parameters:
    ///   - start: what the keys of their names begin with before the host.
    ///   - key: where to go on from; nil: at the beginning.
    func numbers(
        matching pattern: HostPattern, startingWith start: [UInt8], from key: [UInt8]?, limit: Int
    ) throws -> (numbers: [UInt32], next: [UInt8]?) {
        switch pattern {
        case .any: return try numbers(beginningWith: start, from: key, limit: limit)
        case .exact(let host): return (try number(start + Array(host.reversed.utf8)).map { [$0] } ?? [], nil)
        case .subdomains(let host):
            let prefix = start + Array((host.reversed + ".").utf8)
            // Addresses are kept as they are, not reversed: `1.2.3.4` is not below a host called `2.1`.
            let mayBeAddress = host.reversed.utf8.first.map { (0x30...0x39).contains($0) } ?? true
            return try numbers(beginningWith: prefix, from: key, limit: limit) { key in
                guard mayBeAddress else { return true }
                let host = try? HostName(validating: key.extracting(start.count..<key.count))
                return host?.isAddress != true
            }
        }
    }

    private func numbers(
        beginningWith prefix: [UInt8], from key: [UInt8]?, limit: Int,
        where isMeant: (Span<UInt8>) -> Bool = { _ in true }
    ) throws -> (numbers: [UInt32], next: [UInt8]?) {
        var numbers: [UInt32] = []
        var count = 0
        var next: [UInt8]?
        try tables.names.scan(from: key ?? prefix, to: prefix.prefixEnd) { key, value in
            guard count < limit else {
                next = key.copy()
                return false
            }
            count += 1
            if isMeant(key), let number = Self.number(value.copy()) { numbers.append(number) }
            return true
        }
        return (numbers, next)
    }

    /// The number of a host; nil when no object has it.
    func hostNumber(_ reversedHost: [UInt8]) throws -> UInt32? {
        try number(IndexKeys.hostName(reversedHost))
    }

    func number(_ key: [UInt8]) throws -> UInt32? {
        try tables.names.value(key).flatMap(Self.number)
    }

    private static func number(_ value: [UInt8]) -> UInt32? {
        var reader = ByteReader(value)
        return try? reader.integer(UInt32.self)
    }

    // MARK: From ranges to objects

    /// Up to `limit` objects of a range from a key on, and the key to go on from; nil at the end.
    func objectIDs(
        in range: IndexRange, from key: [UInt8], limit: Int
    ) throws -> (ids: [ObjectID], next: [UInt8]?) {
        var found = FoundIDs(limit: limit)
        let table = range.family == .urls ? tables.urls : tables.tags
        try table.scan(from: key, to: range.upper) { entry, _ in found.add(entry) }
        return (found.ids, found.next)
    }

    /// The records of objects that are still there, in the order asked.
    func records(_ ids: [ObjectID]) throws -> [(id: ObjectID, record: ObjectRecord)] {
        let values = try tables.objects.values(ids.map(IndexKeys.object))
        return try zip(ids, values).compactMap { id, value in
            try value.map { (id, try ObjectRecord(decoding: $0)) }
        }
    }

    /// All objects of the same URL: its variants and slices, the object itself among them.
    func family(of record: ObjectRecord) throws -> [ObjectID] {
        var ids: [ObjectID] = []
        for key in record.urlKeys {
            let range = IndexRange(.urls, prefix: key)
            ids += try objectIDs(in: range, from: range.lower, limit: .max).ids
        }
        return ids
    }

    /// Up to `limit` objects of one URL, under all its names.
    func records(of reversedHosts: [[UInt8]], targets: [[UInt8]], limit: Int) throws -> [ObjectRecord] {
        var ids: Set<ObjectID> = []
        for host in try reversedHosts.compactMap(hostNumber) {
            for target in targets {
                let range = IndexRange(.urls, prefix: IndexKeys.urlPrefix(host, target + [0]))
                ids.formUnion(try objectIDs(in: range, from: range.lower, limit: limit - ids.count).ids)
                if ids.count >= limit { break }
            }
        }
        return try records(Array(ids)).map(\.record)
    }

    /// The object that a record is of.
    func object(_ record: ObjectRecord, generation: UInt64) throws -> StoredObject {
        StoredObject(
            key: record.key, generation: generation, date: record.date, sizeKiB: record.sizeKiB,
            reversedHosts: record.isUnmatched ? [] : try record.hosts.map(reversedHost), targets: record.targets,
            tags: try Set(record.labels.map(tag)).sorted { $0.lexicographicallyPrecedes($1) },
            hasSiblings: record.hasSiblings, lacksTags: record.lacksTags)
    }

    /// What the index knows of a place in a cache.
    func entry(_ key: ObjectKey) throws -> FileEntry? {
        try tables.files.value(key.encoded()).map(FileEntry.init(decoding:))
    }

    /// All entries of a run of places.
    func entries(in range: KeyRange) throws -> [ObjectKey: FileEntry] {
        var entries: [ObjectKey: FileEntry] = [:]
        try tables.files.scan(from: range.lower, to: range.upper) { key, value in
            entries[try ObjectKey(reading: key)] = try FileEntry(decoding: value.copy())
            return true
        }
        return entries
    }

    /// Visits up to `limit` places of a cache from a key on; returns the key to go on from, nil at the end.
    func keys(cache: UInt8, from key: [UInt8], limit: Int, _ body: (ObjectKey) -> Void) throws -> [UInt8]? {
        var count = 0
        var next: [UInt8]?
        try tables.files.scan(from: key, to: [cache].prefixEnd, keepsBlocksCached: false) { key, _ in
            guard count < limit else {
                next = key.copy()
                return false
            }
            count += 1
            body(try ObjectKey(reading: key))
            return true
        }
        return next
    }

    // MARK: For people

    /// The host of a number, labels reversed.
    func reversedHost(_ number: UInt32) throws -> [UInt8] {
        try tables.names.value(IndexKeys.host(number)) ?? []
    }

    /// The host of a number, labels in reading order; addresses are stored in it already.
    func hostText(_ number: UInt32) throws -> String {
        let stored = String(decoding: try reversedHost(number), as: UTF8.self)
        if let host = try? HostName(validating: stored), host.isAddress { return stored }
        return stored.split(separator: ".").reversed().joined(separator: ".")
    }

    /// The tag of a label.
    func tag(_ label: UInt32) throws -> [UInt8] {
        Array((try tables.names.value(IndexKeys.labelNumber(label)) ?? []).prefix { $0 != 0 })
    }

    /// How many hosts are in none of the scopes, and one of them; objects without a host do not count.
    func hosts(outside scopes: [Scope]) throws -> (count: Int, example: String?) {
        let inside = Set(
            try scopes.flatMap(\.patterns).flatMap { pattern in
                try numbers(matching: pattern, startingWith: IndexKeys.hostName([]), from: nil, limit: .max).numbers
            })
        var count = 0
        var example: UInt32?
        let start = IndexKeys.hostName([])
        try tables.names.scan(from: start, to: start.prefixEnd) { key, value in
            guard key.count > start.count, let number = Self.number(value.copy()), !inside.contains(number) else {
                return true
            }
            count += 1
            example = example ?? number
            return true
        }
        return (count, try example.map(hostText))
    }

    /// How many hosts, and how many tags counted once a host.
    func nameCounts() throws -> (hosts: Int, tags: Int) {
        func count(_ prefix: Character) throws -> Int {
            let prefix = Array(prefix.utf8)
            var count = 0
            try tables.names.scan(from: prefix, to: prefix.prefixEnd) { _, _ in
                count += 1
                return true
            }
            return count
        }
        return (try count("h"), try count("t"))
    }

    /// Bytes of the index on disk.
    func diskBytes() -> Int { tables.all.reduce(0) { $0 + $1.diskBytes } }

    /// Bytes of the index in memory: block cache, write buffers and table readers.
    func memoryBytes() -> Int { tables.all.reduce(tables.objects.blockCacheBytes) { $0 + $1.memoryBytes } }
}
