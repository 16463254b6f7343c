import PurgeModel
import RocksDB

/// Changes the index.
///
/// Only the cache worker's thread uses it, so that what it reads before a change is what it changes.
///
/// All changes of one call go into a batch that the caller writes, together with whatever must become true at the same moment.
/// Within one batch a file may occur once: changes not yet written are not seen. After a write that failed, call
/// ``forgetUnwritten()``.
final class IndexWriter {
    let index: Index
    private var nextObject: UInt64
    private var nextHost: UInt32
    private var nextLabel: UInt32
    private var hostNumbers: [[UInt8]: UInt32] = [:]
    private var labelNumbers: [[UInt8]: UInt32] = [:]
    /// Numbers of hosts and labels kept in memory; beyond it they are read from the database again.
    private static let numbersMax = 100_000

    /// Starts after the highest numbers in use.
    init(index: Index) throws {
        self.index = index
        (nextObject, nextHost, nextLabel) = try Self.nextNumbers(index)
    }

    /// Bounds the memory of the writer.
    ///
    /// Call it before a batch, never within one: numbers given in a batch are known only here until it is written.
    func beginBatch() {
        if hostNumbers.count >= Self.numbersMax { hostNumbers = [:] }
        if labelNumbers.count >= Self.numbersMax { labelNumbers = [:] }
    }

    /// Adds a file's object, in place of what the index had for this file.
    ///
    /// Returns the change: one object more, or none when one was replaced or this very generation is known already.
    func put(_ object: StoredObject, into batch: inout WriteBatch) throws -> IndexTotals {
        let known = try index.entry(object.file)
        var change = IndexTotals(sizeKiB: object.sizeKiB)
        if let known {
            guard known.generation != object.generation & FileEntry.generationMask else { return IndexTotals() }
            change.objects = 0
            if let old = try index.records([known.object]).first {
                delete(old.id, old.record, from: &batch)
                change.bytes -= IndexTotals(sizeKiB: old.record.sizeKiB).bytes
            }
        }
        let id = ObjectID(rawValue: nextObject)
        nextObject += 1
        var hosts: [UInt32] = []
        var labels: [UInt32] = []
        for host in object.reversedHosts.isEmpty ? [[]] : object.reversedHosts {
            let number = try hostNumber(host, &batch)
            hosts.append(number)
            batch.put(IndexKeys.url(number, object.target, id), [], in: index.urls)
            for tag in object.tags {
                let label = try labelNumber(tag, host, &batch)
                labels.append(label)
                batch.put(IndexKeys.label(label, id), [], in: index.tags)
            }
        }
        let record = ObjectRecord(object, hosts: hosts, labels: labels)
        batch.put(IndexKeys.object(id), record.encoded(), in: index.objects)
        let entry = FileEntry(object: id, generation: object.generation)
        batch.put(IndexKeys.file(object.file), entry.encoded(), in: index.files)
        return change
    }

    /// Removes what the index has for a file; returns the change: one object less, or none when there is nothing.
    func remove(_ file: FileLocation, from batch: inout WriteBatch) throws -> IndexTotals {
        guard let entry = try index.entry(file) else { return IndexTotals() }
        guard let (id, record) = try index.records([entry.object]).first else {
            batch.delete(IndexKeys.file(file), in: index.files)
            return IndexTotals()
        }
        return remove([id: record], from: &batch)
    }

    /// Removes objects and their file names; returns the change.
    ///
    /// Key by key in the order of the database: its tables in memory find the place of a key next to the last one several times faster.
    func remove(_ objects: [ObjectID: ObjectRecord], from batch: inout WriteBatch) -> IndexTotals {
        for id in objects.keys.sorted() { batch.delete(IndexKeys.object(id), in: index.objects) }
        let files = objects.values.map { IndexKeys.file($0.file) }
        for key in files.sorted(by: { $0.lexicographicallyPrecedes($1) }) { batch.delete(key, in: index.files) }
        let urls = objects.flatMap { id, record in record.hosts.map { IndexKeys.url($0, record.target, id) } }
        for key in urls.sorted(by: { $0.lexicographicallyPrecedes($1) }) { batch.delete(key, in: index.urls) }
        let tags = objects.flatMap { id, record in record.labels.map { (label: $0, id: id) } }
        for tag in tags.sorted(by: { ($0.label, $0.id) < ($1.label, $1.id) }) {
            batch.delete(IndexKeys.label(tag.label, tag.id), in: index.tags)
        }
        return -objects.values.reduce(IndexTotals()) { $0 + IndexTotals(sizeKiB: $1.sizeKiB) }
    }

    /// Forgets numbers that were given in a batch that never reached the database.
    ///
    /// They must not be used again: a host or tag without its entry in `names` would never be found by a purge.
    func forgetUnwritten() throws {
        hostNumbers = [:]
        labelNumbers = [:]
        (nextObject, nextHost, nextLabel) = try Self.nextNumbers(index)
    }

    /// Removes an object, but not its file name, which leads to another one.
    func delete(_ id: ObjectID, _ record: ObjectRecord, from batch: inout WriteBatch) {
        batch.delete(IndexKeys.object(id), in: index.objects)
        for host in record.hosts { batch.delete(IndexKeys.url(host, record.target, id), in: index.urls) }
        for label in record.labels { batch.delete(IndexKeys.label(label, id), in: index.tags) }
    }

    private func hostNumber(_ reversedHost: [UInt8], _ batch: inout WriteBatch) throws(RocksDBError) -> UInt32 {
        if let number = hostNumbers[reversedHost] { return number }
        let key = IndexKeys.hostName(reversedHost)
        let number = try self.number(key, next: &nextHost, nameKey: IndexKeys.host, &batch)
        hostNumbers[reversedHost] = number
        return number
    }

    private func labelNumber(
        _ tag: [UInt8], _ reversedHost: [UInt8], _ batch: inout WriteBatch
    ) throws(RocksDBError) -> UInt32 {
        let key = IndexKeys.labelName(tag, reversedHost)
        if let number = labelNumbers[key] { return number }
        let number = try self.number(key, next: &nextLabel, nameKey: IndexKeys.labelNumber, &batch)
        labelNumbers[key] = number
        return number
    }

    /// Finds the number of a name, or gives it the next one.
    private func number(
        _ key: [UInt8], next: inout UInt32, nameKey: (UInt32) -> [UInt8], _ batch: inout WriteBatch
    ) throws(RocksDBError) -> UInt32 {
        if let known = try index.number(key) { return known }
        let number = next
        next += 1
        batch.put(key, IndexKeys.number(number), in: index.names)
        batch.put(nameKey(number), Array(key.dropFirst()), in: index.names)
        return number
    }

    private static func nextNumbers(_ index: Index) throws -> (object: UInt64, host: UInt32, label: UInt32) {
        func next<T: FixedWidthInteger>(_ family: ColumnFamily, _ prefix: [UInt8], _ type: T.Type) throws -> T {
            guard let last = try index.database.lastKey(in: family, below: prefix.prefixEnd), last.starts(with: prefix)
            else { return 0 }
            var reader = ByteReader(last.dropFirst(prefix.count))
            let highest = try reader.integer(T.self)
            guard highest < .max else { throw IndexFormatError() }
            return highest + 1
        }
        return (
            try next(index.objects, [], UInt64.self), try next(index.names, [UInt8(ascii: "H")], UInt32.self),
            try next(index.names, [UInt8(ascii: "T")], UInt32.self)
        )
    }
}
