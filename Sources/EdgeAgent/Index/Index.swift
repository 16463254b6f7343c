package import PurgeModel
package import RocksDB

/// Finds stored objects by URL, tag, host, path prefix or all: each a few short range scans, whatever the index holds.
///
/// Reading is safe from any thread. Changes go through ``IndexWriter``, which only the cache worker owns.
package final class Index: Sendable {
    let database: Database
    let objects: ColumnFamily
    let files: ColumnFamily
    let urls: ColumnFamily
    let tags: ColumnFamily
    let names: ColumnFamily
    let meta: ColumnFamily
    /// The families that make up the index.
    static let familyNames = ["objects", "files", "urls", "tags", "names"]
    /// All families that make up the index.
    var families: [ColumnFamily] { [objects, files, urls, tags, names] }
    let normalization: URLNormalization

    /// Uses the families of an opened database.
    package init(database: Database, normalization: URLNormalization) throws(RocksDBError) {
        self.database = database
        self.normalization = normalization
        objects = try database.columnFamily("objects")
        files = try database.columnFamily("files")
        urls = try database.columnFamily("urls")
        tags = try database.columnFamily("tags")
        names = try database.columnFamily("names")
        meta = try database.columnFamily("meta")
    }

    /// Empties the index, and its totals, in a batch.
    static func clear(_ database: Database, into batch: inout WriteBatch) throws(RocksDBError) {
        // No key is as long as this and all ones.
        let end = [UInt8](repeating: .max, count: 64)
        for name in familyNames { batch.deleteRange(from: [], to: end, in: try database.columnFamily(name)) }
        IndexTotals().put(into: &batch, try database.columnFamily("meta"))
    }

    // MARK: From selectors to ranges

    /// The runs of entries that the selectors name within the scope; an object may occur in several.
    func ranges(for selectors: Selectors, scope: Scope) throws(RocksDBError) -> [IndexRange] {
        var ranges: [IndexRange] = []
        if selectors.everything {
            for pattern in scope.patterns {
                if case .any = pattern { return [IndexRange(.urls, prefix: [])] }
                for host in try hostNumbers(matching: pattern) {
                    ranges.append(IndexRange(.urls, prefix: IndexKeys.urlPrefix(host)))
                }
            }
        }
        for host in selectors.hosts {
            guard let number = try hostNumber(Array(host.reversed.utf8)) else { continue }
            ranges.append(IndexRange(.urls, prefix: IndexKeys.urlPrefix(number)))
        }
        for url in selectors.urls {
            guard let number = try hostNumber(Array(url.host.reversed.utf8)) else { continue }
            let target = normalization.normalize(url.target)
            ranges.append(IndexRange(.urls, prefix: IndexKeys.urlPrefix(number, target + [0])))
        }
        for prefix in selectors.prefixes {
            guard let number = try hostNumber(Array(prefix.host.reversed.utf8)) else { continue }
            ranges += Self.ranges(ofPath: prefix.normalized(by: normalization).path, host: number)
        }
        for tag in selectors.tags {
            for pattern in scope.patterns {
                for label in try labelNumbers(tag: tag.bytes, matching: pattern) {
                    ranges.append(IndexRange(.tags, prefix: IndexKeys.labelPrefix(label)))
                }
            }
        }
        return ranges
    }

    /// Whole path segments: `/a/b` names itself, `/a/b?…` and `/a/b/…`, never `/a/bc`.
    private static func ranges(ofPath path: [UInt8], host: UInt32) -> [IndexRange] {
        if path.isEmpty || path.last == UInt8(ascii: "/") {
            return [IndexRange(.urls, prefix: IndexKeys.urlPrefix(host, path))]
        }
        return [0, UInt8(ascii: "?"), UInt8(ascii: "/")].map {
            IndexRange(.urls, prefix: IndexKeys.urlPrefix(host, path + [$0]))
        }
    }

    private func hostNumbers(matching pattern: HostPattern) throws(RocksDBError) -> [UInt32] {
        switch pattern {
        case .any: try numbers(from: IndexKeys.hostName([]))
        case .exact(let host): try hostNumber(Array(host.reversed.utf8)).map { [$0] } ?? []
        case .subdomains(let host): try numbers(below: host, from: IndexKeys.hostName([]))
        }
    }

    private func labelNumbers(tag: [UInt8], matching pattern: HostPattern) throws(RocksDBError) -> [UInt32] {
        switch pattern {
        case .any: try numbers(from: IndexKeys.labelName(tag, []))
        case .exact(let host): try number(IndexKeys.labelName(tag, Array(host.reversed.utf8))).map { [$0] } ?? []
        case .subdomains(let host): try numbers(below: host, from: IndexKeys.labelName(tag, []))
        }
    }

    /// The number of a host; nil when no object has it.
    func hostNumber(_ reversedHost: [UInt8]) throws(RocksDBError) -> UInt32? {
        try number(IndexKeys.hostName(reversedHost))
    }

    func number(_ key: [UInt8]) throws(RocksDBError) -> UInt32? {
        try database.value(forKey: key, in: names).flatMap(Self.number)
    }

    private func numbers(from prefix: [UInt8]) throws(RocksDBError) -> [UInt32] {
        var numbers: [UInt32] = []
        try database.scan(in: names, from: prefix, to: prefix.prefixEnd) { _, value in
            if let number = Self.number(value.copy()) { numbers.append(number) }
            return .next
        }
        return numbers
    }

    /// The numbers of the hosts below a host, or of their labels; `start` is what their keys begin with before the host.
    private func numbers(below host: HostName, from start: [UInt8]) throws(RocksDBError) -> [UInt32] {
        let prefix = start + Array((host.reversed + ".").utf8)
        // Addresses are kept as they are, not reversed: `1.2.3.4` is not below a host called `2.1`.
        guard let first = host.reversed.utf8.first, (0x30...0x39).contains(first) else {
            return try numbers(from: prefix)
        }
        var numbers: [UInt32] = []
        try database.scan(in: names, from: prefix, to: prefix.prefixEnd) { key, value in
            let host = try? HostName(validating: key.extracting(start.count..<key.count))
            if host?.isAddress != true, let number = Self.number(value.copy()) { numbers.append(number) }
            return .next
        }
        return numbers
    }

    private static func number(_ value: [UInt8]) -> UInt32? {
        var reader = ByteReader(value)
        return try? reader.integer(UInt32.self)
    }

    // MARK: From ranges to objects

    /// Up to `limit` objects of a range from a key on, and the key to go on from; nil at the end.
    func objectIDs(
        in range: IndexRange, from key: [UInt8], limit: Int
    ) throws(RocksDBError) -> (ids: [ObjectID], next: [UInt8]?) {
        var ids: [ObjectID] = []
        ids.reserveCapacity(min(limit, 512))
        var next: [UInt8]?
        try database.scan(in: range.family == .urls ? urls : tags, from: key, to: range.upper) { entry, _ in
            guard ids.count < limit else {
                next = entry.copy()
                return .stop
            }
            if let id = IndexKeys.objectID(endOf: entry) { ids.append(id) }
            return .next
        }
        return (ids, next)
    }

    /// The records of objects that are still there, in the order asked.
    func records(_ ids: [ObjectID]) throws -> [(id: ObjectID, record: ObjectRecord)] {
        let values = try database.values(forKeys: ids.map(IndexKeys.object), in: objects)
        return try zip(ids, values).compactMap { id, value in
            try value.map { (id, try ObjectRecord(decoding: $0)) }
        }
    }

    /// All objects of the same URL: its variants and slices, the object itself among them.
    func family(of record: ObjectRecord) throws(RocksDBError) -> [ObjectID] {
        var ids: [ObjectID] = []
        for host in record.hosts {
            let range = IndexRange(.urls, prefix: record.urlKey(host))
            ids += try objectIDs(in: range, from: range.lower, limit: .max).ids
        }
        return ids
    }

    /// What the index knows of a file.
    func entry(_ file: FileLocation) throws -> FileEntry? {
        try database.value(forKey: IndexKeys.file(file), in: files).map(FileEntry.init(decoding:))
    }

    /// All files that the index has in one directory of a cache.
    func entries(
        cache: UInt8, in directory: String, levels: DirectoryLevels
    ) throws -> [CacheFileName: FileEntry] {
        let range = IndexKeys.files(cache, in: directory)
        var entries: [CacheFileName: FileEntry] = [:]
        var failure: IndexFormatError?
        try database.scan(in: files, from: range.lower, to: range.upper) { key, value in
            do throws(IndexFormatError) {
                let file = try IndexKeys.file(decoding: key)
                if file.levels == levels { entries[file.name] = try FileEntry(decoding: value.copy()) }
                return .next
            } catch {
                failure = error
                return .stop
            }
        }
        if let failure { throw failure }
        return entries
    }

    /// Visits up to `limit` files of a cache from a key on; returns the key to go on from, nil at the end.
    func files(
        cache: UInt8, from key: [UInt8], limit: Int, _ body: (FileLocation) -> Void
    ) throws -> [UInt8]? {
        var count = 0
        var next: [UInt8]?
        var failure: IndexFormatError?
        try database.scan(in: files, from: key, to: [cache].prefixEnd, keepsBlocksCached: false) { key, _ in
            guard count < limit else {
                next = key.copy()
                return .stop
            }
            count += 1
            do throws(IndexFormatError) {
                body(try IndexKeys.file(decoding: key))
                return .next
            } catch {
                failure = error
                return .stop
            }
        }
        if let failure { throw failure }
        return next
    }

    // MARK: For people

    /// The host of a number, labels reversed.
    func reversedHost(_ number: UInt32) throws(RocksDBError) -> [UInt8] {
        try database.value(forKey: IndexKeys.host(number), in: names) ?? []
    }

    /// The host of a number, labels in reading order; addresses are stored in it already.
    func hostText(_ number: UInt32) throws(RocksDBError) -> String {
        let stored = String(decoding: try reversedHost(number), as: UTF8.self)
        if let host = try? HostName(validating: stored), host.isAddress { return stored }
        return stored.split(separator: ".").reversed().joined(separator: ".")
    }

    /// The tag of a label.
    func tagText(_ label: UInt32) throws(RocksDBError) -> String {
        let name = try database.value(forKey: IndexKeys.labelNumber(label), in: names) ?? []
        return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// How many hosts, and how many tags counted once a host.
    func nameCounts() throws(RocksDBError) -> (hosts: Int, tags: Int) {
        func count(_ prefix: Character) throws(RocksDBError) -> Int {
            let prefix = Array(prefix.utf8)
            var count = 0
            try database.scan(in: names, from: prefix, to: prefix.prefixEnd) { _, _ in
                count += 1
                return .next
            }
            return count
        }
        return (try count("h"), try count("t"))
    }

    /// Bytes of the index on disk.
    func diskBytes() -> Int {
        families.reduce(0) { sum, family in
            sum + (database.property("rocksdb.total-sst-files-size", in: family).flatMap { Int($0) } ?? 0)
        }
    }

    /// Bytes of the index in memory: block cache, write buffers and table readers.
    func memoryBytes() -> Int {
        let buffers = families.reduce(0) { sum, family in
            ["rocksdb.cur-size-all-mem-tables", "rocksdb.estimate-table-readers-mem"].reduce(sum) {
                $0 + (database.property($1, in: family).flatMap { Int($0) } ?? 0)
            }
        }
        return buffers + (database.property("rocksdb.block-cache-usage", in: objects).flatMap { Int($0) } ?? 0)
    }
}

extension Span<UInt8> {
    /// The bytes as an array of their own.
    func copy() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}
