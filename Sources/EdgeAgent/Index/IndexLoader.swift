/// Fills an empty index through sorted files: several times faster than writing entry by entry.
///
/// What was put is found only after ``finish()``. A load that did not get there, because the agent was killed, is
/// undone at the next start: half of it could name files by what they no longer are.
final class IndexLoader {
    private let index: Index
    private var pending = IndexRun(firstObject: 0)
    private var nextObject: UInt64 = 0
    private var nextHost: UInt32 = 0
    private var nextLabel: UInt32 = 0
    private var hostNumbers: [[UInt8]: UInt32] = [:]
    private var labelNumbers: [[UInt8]: UInt32] = [:]
    /// Whether names were forgotten that the database has.
    private var hasForgotten = false
    private var isMarked = false
    /// The files of the objects that are not written out yet.
    private var unwritten: Set<ObjectKey> = []
    /// Whether files may come that were put and written out: something is looked through again.
    private var mayComeAgain = false
    /// What was put so far.
    private(set) var totals = IndexTotals()

    /// Objects sorted at a time, in memory.
    private let runObjects: Int
    /// Names kept in memory from one run to the next; beyond it they are read from the database again.
    private let namesMax: Int

    /// Nil when the index is not empty, and so has to be compared entry by entry.
    init?(index: Index, runObjects: Int = 25_000) throws {
        self.index = index
        self.runObjects = runObjects
        namesMax = 4 * runObjects
        try Self.undo(index)
        for table in index.tables.all where try table.lastKey(below: nil) != nil { return nil }
    }

    /// From now on files may come again that were put before.
    func expectAgain() { mayComeAgain = true }

    /// Whether a file was put before; what it holds by now is to be compared with the index once that is loaded.
    func has(_ key: ObjectKey) throws -> Bool {
        if unwritten.contains(key) { return true }
        return mayComeAgain ? try index.entry(key) != nil : false
    }

    /// Adds a file's object; each file only once, see ``has(_:)``.
    func put(_ object: StoredObject) throws {
        unwritten.insert(object.key)
        let known = object.reversedHosts.isEmpty ? [[]] : object.reversedHosts
        var hosts: [UInt32] = []
        var labels: [UInt32] = []
        labels.reserveCapacity(known.count * object.tags.count)
        for host in known {
            hosts.append(try hostNumber(host))
            for tag in object.tags { labels.append(try labelNumber(tag, host)) }
        }
        let id = ObjectID(rawValue: nextObject)
        nextObject += 1
        totals += IndexTotals(object)
        pending.add(object, id: id, record: ObjectRecord(object, hosts: hosts, labels: labels))
    }

    /// Writes out what was put, once it is enough for a file.
    ///
    /// After a failure it may be called again.
    func spill() throws {
        if pending.count >= runObjects { try write() }
    }

    /// Makes everything that was put part of the index.
    func finish() throws {
        try write()
        try index.database.write { change in
            index.database.meta.isLoading.delete(from: &change)
            index.database.meta.totals.put(totals, into: &change)
        }
    }

    private func write() throws {
        guard pending.count > 0 else { return }
        if !isMarked {
            // Synced: after a power loss the mark must be there if any of the files is.
            try index.database.write(sync: true) { index.database.meta.isLoading.set(in: &$0) }
            isMarked = true
        }
        try pending.write(to: index)
        pending = IndexRun(firstObject: nextObject)
        unwritten = []
        if hostNumbers.count + labelNumbers.count > namesMax {
            hostNumbers = [:]
            labelNumbers = [:]
            hasForgotten = true
        }
    }

    private func hostNumber(_ reversedHost: [UInt8]) throws -> UInt32 {
        if let number = hostNumbers[reversedHost] { return number }
        let key = IndexKeys.hostName(reversedHost)
        let number = try hasForgotten ? index.number(key) : nil
        hostNumbers[reversedHost] = number ?? nextHost
        if let number { return number }
        pending.addHost(key, nextHost)
        nextHost += 1
        return nextHost - 1
    }

    private func labelNumber(_ tag: [UInt8], _ reversedHost: [UInt8]) throws -> UInt32 {
        let key = IndexKeys.labelName(tag, reversedHost)
        if let number = labelNumbers[key] { return number }
        let number = try hasForgotten ? index.number(key) : nil
        labelNumbers[key] = number ?? nextLabel
        if let number { return number }
        pending.addLabel(key, nextLabel)
        nextLabel += 1
        return nextLabel - 1
    }

    /// Empties an index that an earlier run had begun to load.
    private static func undo(_ index: Index) throws {
        guard try index.database.meta.isLoading.isSet else { return }
        try index.database.write(sync: true) { change in
            index.clear(into: &change)
            index.database.meta.isLoading.delete(from: &change)
        }
    }
}
