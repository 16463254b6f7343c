import PurgeModel

/// Learns from the access log what objects are called whose cache keys cannot be taken apart (`cache_key: learn`).
///
/// nginx writes a line once a visitor has the whole response, and so after it has stored it. Names stay in the index
/// with their object, and with what replaces it there.
struct NameLearner {
    private let context: FilesContext
    private let log: AccessLogTail?
    /// What the lines of this round name.
    private var fetched: [FetchNames] = []

    /// How long the log may wait.
    static let pause = Duration.milliseconds(100)
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
    }

    /// Gives the objects that the log told of their names.
    ///
    /// - Parameter onStored: called with each object that has a new name, and the change that its entry goes into.
    mutating func learn(_ commit: inout IndexCommit, onStored: (StoredObject, inout Change) -> Void) throws {
        guard !fetched.isEmpty else { return }
        var named: [ObjectKey: StoredObject] = [:]
        for fetch in Set(fetched) {
            for cache in context.caches.formats {
                guard let name = cache.name(of: fetch) else { continue }
                for (key, entry) in try context.index.entries(in: name.places) {
                    guard let object = try named[key] ?? object(entry), let more = Self.add(name, to: object) else {
                        continue
                    }
                    named[key] = more
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

    private func object(_ entry: FileEntry) throws -> StoredObject? {
        guard let record = try context.index.records([entry.object]).first?.record else { return nil }
        return try context.index.object(record, generation: entry.generation)
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
