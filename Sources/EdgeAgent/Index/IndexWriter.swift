import PurgeModel

/// Changes the index.
///
/// Only the cache worker's thread uses it, so that what it reads before a change is what it changes.
///
/// All changes of one call go into a ``Change`` that the caller writes, together with whatever must become true at the
/// same moment. Within one change a file may occur once: changes not yet written are not seen. After a write that
/// failed, call ``forgetUnwritten()``.
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
    /// Call it before a change, never within one: numbers given in a change are known only here until it is written.
    func beginChange() {
        if hostNumbers.count >= Self.numbersMax { hostNumbers = [:] }
        if labelNumbers.count >= Self.numbersMax { labelNumbers = [:] }
    }

    /// Adds a file's object, in place of what the index had for this file.
    ///
    /// Returns the change: one object more, or none when one was replaced or this very generation is known already.
    func put(_ object: StoredObject, into change: inout Change) throws -> IndexTotals {
        let known = try index.entry(object.key)
        var difference = IndexTotals()
        var object = object
        if let known {
            guard known.generation != object.generation & StoredObject.generationMask else { return IndexTotals() }
            if let old = try index.records([known.object]).first {
                delete(old.id, old.record, from: &change)
                difference += -IndexTotals(old.record)
                // A place stands for one cache key: what was learnt of the old object is true of the new one.
                if object.reversedHosts.isEmpty, !old.record.isUnmatched {
                    object.reversedHosts = try old.record.hosts.map(index.reversedHost)
                    object.targets = old.record.targets
                }
            }
        }
        difference += IndexTotals(object)
        let id = ObjectID(rawValue: nextObject)
        nextObject += 1
        var hosts: [UInt32] = []
        var labels: [UInt32] = []
        for host in object.reversedHosts.isEmpty ? [[]] : object.reversedHosts {
            let number = try hostNumber(host, &change)
            hosts.append(number)
            for tag in object.tags {
                let label = try labelNumber(tag, reversedHost: host, change: &change)
                labels.append(label)
                change.put(IndexKeys.label(label, id), [], in: index.tables.tags)
            }
        }
        let record = ObjectRecord(object, hosts: hosts, labels: labels)
        for url in record.urls(id) { change.put(url, [], in: index.tables.urls) }
        change.put(IndexKeys.object(id), record.encoded(), in: index.tables.objects)
        let entry = FileEntry(object: id, generation: object.generation)
        change.put(object.key.encoded(), entry.encoded(), in: index.tables.files)
        return difference
    }

    /// Removes what the index has for a file; returns the change: one object less, or none when there is nothing.
    func remove(_ key: ObjectKey, from change: inout Change) throws -> IndexTotals {
        guard let entry = try index.entry(key) else { return IndexTotals() }
        guard let (id, record) = try index.records([entry.object]).first else {
            change.delete(key.encoded(), in: index.tables.files)
            return IndexTotals()
        }
        return remove([id: record], from: &change)
    }

    /// Removes objects and their file names; returns the change.
    ///
    /// Key by key in the order of the database: its tables in memory find the place of a key next to the last one
    /// several times faster.
    func remove(_ objects: [ObjectID: ObjectRecord], from change: inout Change) -> IndexTotals {
        for id in objects.keys.sorted() { change.delete(IndexKeys.object(id), in: index.tables.objects) }
        let files = objects.values.map { $0.key.encoded() }
        for key in files.sorted(by: { $0.lexicographicallyPrecedes($1) }) { change.delete(key, in: index.tables.files) }
        let urls = objects.flatMap { id, record in record.urls(id) }
        for key in urls.sorted(by: { $0.lexicographicallyPrecedes($1) }) { change.delete(key, in: index.tables.urls) }
        let tags = objects.flatMap { id, record in record.labels.map { (label: $0, id: id) } }
        for tag in tags.sorted(by: { ($0.label, $0.id) < ($1.label, $1.id) }) {
            change.delete(IndexKeys.label(tag.label, tag.id), in: index.tables.tags)
        }
        return -objects.values.reduce(IndexTotals()) { $0 + IndexTotals($1) }
    }

    /// Forgets numbers that were given in a change that never reached the database.
    ///
    /// They must not be used again: a host or tag without its entry in `names` would never be found by a purge.
    func forgetUnwritten() throws {
        hostNumbers = [:]
        labelNumbers = [:]
        (nextObject, nextHost, nextLabel) = try Self.nextNumbers(index)
    }

    /// Removes an object, but not its file name, which leads to another one.
    func delete(_ id: ObjectID, _ record: ObjectRecord, from change: inout Change) {
        change.delete(IndexKeys.object(id), in: index.tables.objects)
        for url in record.urls(id) { change.delete(url, in: index.tables.urls) }
        for label in record.labels { change.delete(IndexKeys.label(label, id), in: index.tables.tags) }
    }

    private func hostNumber(_ reversedHost: [UInt8], _ change: inout Change) throws -> UInt32 {
        if let number = hostNumbers[reversedHost] { return number }
        let key = IndexKeys.hostName(reversedHost)
        let number = try self.number(key, next: &nextHost, nameKey: IndexKeys.host, &change)
        hostNumbers[reversedHost] = number
        return number
    }

    private func labelNumber(
        _ tag: [UInt8], reversedHost: [UInt8], change: inout Change
    ) throws -> UInt32 {
        let key = IndexKeys.labelName(tag, reversedHost)
        if let number = labelNumbers[key] { return number }
        let number = try self.number(key, next: &nextLabel, nameKey: IndexKeys.labelNumber, &change)
        labelNumbers[key] = number
        return number
    }

    /// Finds the number of a name, or gives it the next one.
    private func number(
        _ key: [UInt8], next: inout UInt32, nameKey: (UInt32) -> [UInt8], _ change: inout Change
    ) throws -> UInt32 {
        if let known = try index.number(key) { return known }
        let number = next
        next += 1
        change.put(key, IndexKeys.number(number), in: index.tables.names)
        change.put(nameKey(number), Array(key.dropFirst()), in: index.tables.names)
        return number
    }

    private static func nextNumbers(_ index: Index) throws -> (object: UInt64, host: UInt32, label: UInt32) {
        func next<T: FixedWidthInteger>(_ table: Table, prefix: [UInt8], type: T.Type) throws -> T {
            guard let last = try table.lastKey(below: prefix.prefixEnd), last.starts(with: prefix)
            else { return 0 }
            var reader = ByteReader(last.dropFirst(prefix.count))
            let highest = try reader.integer(T.self)
            guard highest < .max else { throw IndexFormatError() }
            return highest + 1
        }
        return (
            try next(index.tables.objects, prefix: [], type: UInt64.self),
            try next(index.tables.names, prefix: [UInt8(ascii: "H")], type: UInt32.self),
            try next(index.tables.names, prefix: [UInt8(ascii: "T")], type: UInt32.self)
        )
    }
}
