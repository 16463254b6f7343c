import Threads

/// Entries of all families for some objects, kept in memory until they are written as one sorted file each.
struct IndexRun: Sendable {
    /// An entry of `names`.
    typealias Entry = (key: [UInt8], value: [UInt8])

    private var objects: [Entry] = []
    private var files: [(key: ObjectKey, entry: FileEntry)] = []
    private var urls: [[UInt8]] = []
    /// Number of the label in the high half, number of the object, counted from the first one, in the low half.
    private var tags: [UInt64] = []
    private let firstObject: UInt64
    /// Hosts and labels that are new, by number and by name.
    private var numbered: (hosts: [Entry], labels: [Entry]) = ([], [])
    private var named: (hosts: [Entry], labels: [Entry]) = ([], [])

    /// Begins a run with the next object's number.
    init(firstObject: UInt64) { self.firstObject = firstObject }

    /// Number of objects.
    var count: Int { objects.count }

    /// Adds all entries of one object.
    mutating func add(_ object: StoredObject, id: ObjectID, record: ObjectRecord) {
        objects.append((IndexKeys.object(id), record.encoded()))
        files.append((object.key, FileEntry(object: id, generation: object.generation)))
        urls += record.urls(id)
        for label in record.labels { tags.append(UInt64(label) << 32 | (id.rawValue - firstObject)) }
    }

    /// Adds a host, under its key in `names`.
    mutating func addHost(_ key: [UInt8], _ number: UInt32) {
        named.hosts.append((key, IndexKeys.number(number)))
        numbered.hosts.append((IndexKeys.host(number), Array(key.dropFirst())))
    }

    /// Adds a label, under its key in `names`.
    mutating func addLabel(_ key: [UInt8], _ number: UInt32) {
        named.labels.append((key, IndexKeys.number(number)))
        numbered.labels.append((IndexKeys.labelNumber(number), Array(key.dropFirst())))
    }

    /// Writes a file for each family and takes them into the index.
    ///
    /// May be repeated after a failure: the same entries replace themselves.
    func write(to index: Index) throws {
        let tables = index.tables
        let writes: [(table: Table, body: @Sendable (Put) throws -> Void)] = [
            (tables.tags, { try writeTags($0) }),
            (tables.urls, { try writeURLs($0) }),
            (tables.names, { try writeNames($0) }),
            // In the order of their numbers already.
            (tables.objects, { try Self.write(objects, $0) }),
            (tables.files, { try writeFiles($0) }),
        ]
        let files = try ParallelMap.map(writes, threads: writes.count) { writes in
            try writes.map { try $0.table.makeFile($0.body) }
        }
        for (file, write) in zip(files, writes) {
            if let file { try write.table.take(file) }
        }
    }

    /// Adds an entry to a sorted file.
    private typealias Put = (_ key: [UInt8], _ value: [UInt8]) throws -> Void

    private static func write(_ entries: [Entry], _ put: Put) throws {
        for entry in entries { try put(entry.key, entry.value) }
    }

    private func writeTags(_ put: Put) throws {
        for tag in tags.sorted() {
            let id = ObjectID(rawValue: firstObject + tag & 0xffff_ffff)
            try put(IndexKeys.label(UInt32(tag >> 32), id), [])
        }
    }

    private func writeNames(_ put: Put) throws {
        // Their keys begin with H, T, h, t. Numbers are given in ascending order.
        for entries in [numbered.hosts, numbered.labels] { try Self.write(entries, put) }
        for entries in [named.hosts, named.labels] {
            try Self.write(entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }, put)
        }
    }

    private func writeURLs(_ put: Put) throws {
        for key in urls.sorted(by: { $0.lexicographicallyPrecedes($1) }) { try put(key, []) }
    }

    private func writeFiles(_ put: Put) throws {
        for (key, entry) in files.sorted(by: { $0.key < $1.key }) { try put(key.encoded(), entry.encoded()) }
    }
}
