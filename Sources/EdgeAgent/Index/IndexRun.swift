import RocksDB
import Threads

/// Entries of all families for some objects, kept in memory until they are written as one sorted file each.
struct IndexRun: Sendable {
    /// An entry of `names`.
    typealias Entry = (key: [UInt8], value: [UInt8])

    private var objects: [Entry] = []
    private var files: [(file: FileLocation, entry: FileEntry)] = []
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
    mutating func add(_ object: StoredObject, _ id: ObjectID, _ record: ObjectRecord) {
        objects.append((IndexKeys.object(id), record.encoded()))
        files.append((object.file, FileEntry(object: id, generation: object.generation)))
        for host in record.hosts { urls.append(IndexKeys.url(host, record.target, id)) }
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
        let writes: [(family: ColumnFamily, body: @Sendable (inout SortedFileWriter) throws -> Void)] = [
            (index.tags, { try writeTags(&$0) }),
            (index.urls, { try writeURLs(&$0) }),
            (index.names, { try writeNames(&$0) }),
            // In the order of their numbers already.
            (index.objects, { try Self.write(objects, &$0) }),
            (index.files, { try writeFiles(&$0) }),
        ]
        let paths = try ParallelMap.map(writes, threads: writes.count) { writes in
            try writes.map { write in
                let path = "\(index.database.path)/load-\(write.family.name).sst"
                var writer = try index.database.makeSortedFileWriter(path: path, for: write.family)
                try write.body(&writer)
                return writer.count > 0 ? try writer.finish().path : nil
            }
        }
        for (path, write) in zip(paths, writes) {
            if let path { try index.database.ingest([path], into: write.family) }
        }
    }

    private static func write(_ entries: [Entry], _ writer: inout SortedFileWriter) throws {
        for entry in entries { try writer.put(entry.key, entry.value) }
    }

    private func writeTags(_ writer: inout SortedFileWriter) throws {
        for tag in tags.sorted() {
            let id = ObjectID(rawValue: firstObject + tag & 0xffff_ffff)
            try writer.put(IndexKeys.label(UInt32(tag >> 32), id), [])
        }
    }

    private func writeNames(_ writer: inout SortedFileWriter) throws {
        // Their keys begin with H, T, h, t. Numbers are given in ascending order.
        for entries in [numbered.hosts, numbered.labels] { try Self.write(entries, &writer) }
        for entries in [named.hosts, named.labels] {
            try Self.write(entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }, &writer)
        }
    }

    private func writeURLs(_ writer: inout SortedFileWriter) throws {
        for key in urls.sorted(by: { $0.lexicographicallyPrecedes($1) }) { try writer.put(key, []) }
    }

    private func writeFiles(_ writer: inout SortedFileWriter) throws {
        let order = { (file: FileLocation) in (file.cache, file.name, file.levels.rawValue) }
        for (file, entry) in files.sorted(by: { order($0.file) < order($1.file) }) {
            try writer.put(IndexKeys.file(file), entry.encoded())
        }
    }
}
