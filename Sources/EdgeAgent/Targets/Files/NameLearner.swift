import PurgeModel

/// Learns from the access log what objects are called whose cache keys cannot be taken apart (`cache_key: learn`).
///
/// nginx writes a line once a visitor has the whole response, and so after it has stored it. Names stay in the index
/// with their object, and with what replaces it there.
struct NameLearner {
    private let context: FilesContext
    private let log: AccessLogTail?
    /// What lines name whose objects are still to be looked for.
    private var fetched: [FetchNames] = []

    /// How long the log may wait.
    static let pause = Duration.milliseconds(100)
    /// Lines that wait for caches to be looked through; the oldest go first.
    private static let fetchedMax = 65_536
    /// Names of one object; beyond them a key stands for more than purges can follow.
    private static let namesMax = 64

    init(_ context: FilesContext) {
        self.context = context
        log = context.settings.accessLog.map { AccessLogTail(path: $0, lineStart: FetchLine.start) }
    }

    /// Whether any cache has keys that are learnt.
    var isNeeded: Bool { log != nil && context.caches.learns }

    /// Reads what was added to the log; before the watchers are drained, so that what it tells of is in the index then.
    mutating func readLog() {
        guard isNeeded, let log else { return }
        _ = log.read { line in
            switch FetchLine.read(line, keepsNames: true) {
            case .fetch(let fetch): if let names = fetch.names { fetched.append(names) }
            case .noFetch(let names): if let names { fetched.append(names) }
            case .malformed: break
            }
        }
        fetched.removeFirst(max(0, fetched.count - Self.fetchedMax))
    }

    /// Gives the objects that the log told of their names.
    ///
    /// - Parameters:
    ///   - isListed: whether all that landed so far is in the index; until then lines wait for what they tell of.
    ///   - onStored: called with each object that has a new name, and the change that its entry goes into.
    mutating func learn(
        _ commit: inout IndexCommit, isListed: Bool, onStored: (StoredObject, inout Change) -> Void
    ) throws {
        guard isListed, !fetched.isEmpty else { return }
        var named: [ObjectKey: StoredObject] = [:]
        for fetch in Set(fetched) {
            for cache in context.caches.formats {
                guard let name = cache.name(of: fetch) else { continue }
                for object in try objects(name, key: fetch.key, in: cache.number) {
                    guard let more = Self.add(name, to: named[object.key] ?? object) else { continue }
                    named[object.key] = more
                }
            }
        }
        fetched = []
        guard !named.isEmpty else { return }
        // An object is put into the index as a whole, so it leaves first.
        try commit.write { commit, change in for key in named.keys { try commit.remove(key, from: &change) } }
        try commit.write { commit, change in
            for object in named.values {
                try commit.put(object, into: &change)
                onStored(object, &change)
            }
        }
    }

    /// The objects of a key: where its name leads, the variants, whose names are others (`Vary`), and what is known by
    /// the key alone so far.
    private func objects(_ name: LearntName, key: [UInt8], in cache: UInt8) throws -> [StoredObject] {
        let index = context.index
        var ids = try index.entries(in: name.places).values.map(\.object)
        if let number = try index.hostNumber([]) {
            let range = IndexRange(.urls, prefix: IndexKeys.urlPrefix(number, key + [0]))
            ids += try index.objectIDs(in: range, from: range.lower, limit: .max).ids
        }
        for (_, record) in try index.records(ids) where record.hasSiblings && !record.isUnmatched {
            ids += try index.family(of: record)
        }
        return try index.records(Array(Set(ids))).compactMap { id, record in
            guard record.key.cache == cache, let entry = try index.entry(record.key), entry.object == id else {
                return nil
            }
            return try index.object(record, generation: entry.generation)
        }
    }

    /// Nil when it has the name already, or cannot have more.
    private static func add(_ name: LearntName, to object: StoredObject) -> StoredObject? {
        var object = object
        if object.reversedHosts.isEmpty { object.targets = [] }
        let isKnown = object.reversedHosts.contains(name.reversedHost) && object.targets.contains(name.target)
        guard !isKnown, object.reversedHosts.count < namesMax, object.targets.count < namesMax else { return nil }
        if !object.reversedHosts.contains(name.reversedHost) { object.reversedHosts.append(name.reversedHost) }
        if !object.targets.contains(name.target) { object.targets.append(name.target) }
        return object
    }
}
