import LinuxFiles
import Logging
import PurgeModel

/// Compares index and disk, both ways, and repairs what differs: when an operator asks for it, and in the background.
struct IndexVerifier {
    private let context: FilesContext
    /// The comparison that is on its way.
    private var current: Verification?
    /// Caches that could not be compared, and that nobody was told of yet.
    private var failed: [any CacheFileFormat] = []
    private let began: ContinuousClock.Instant
    /// When the last one ended.
    private var ended: ContinuousClock.Instant?

    /// Files or entries looked at in one step: a few milliseconds, which a purge may have to wait.
    private static let entries = 256
    /// Between two steps of a verification that nobody waits for.
    private static let pause = Duration.milliseconds(20)
    /// The first verification after a start comes no later, however long the interval.
    private static let first = Duration.seconds(3600)

    init(_ context: FilesContext) {
        self.context = context
        began = context.now
    }

    /// Whether somebody waits for the one that is on its way.
    var isAwaited: Bool { current?.task != nil }

    /// How long the next step may wait; nil while there is nothing to do.
    var patience: Duration? { current.map { $0.task != nil ? .zero : Self.pause } }

    /// Begins one that somebody waits for.
    mutating func begin(task: Int) { current = Verification(context.caches, task: task) }

    /// Begins one in the background when it is time.
    mutating func beginIfDue() {
        let interval = context.settings.verifyInterval
        let due = ended.map { $0 + interval } ?? began + min(interval, Self.first)
        guard interval > .zero, current == nil, context.now >= due else { return }
        current = Verification(context.caches, task: nil)
    }

    /// Caches were opened anew: what it knows is of others.
    mutating func beginAnew() { current = current.map { Verification(context.caches, task: $0.task) } }

    /// Caches that could not be compared since the last call: whoever looks through them again finds out why.
    mutating func takeFailed() -> [any CacheFileFormat] {
        defer { failed = [] }
        return failed
    }

    /// Takes one step; the watchers have been drained, and what they reported is in the index.
    ///
    /// - Returns: what is to be read again.
    mutating func step(_ commit: inout IndexCommit) throws -> [ObjectKey] {
        guard var verification = current else { return [] }
        let before = verification.report
        var unread: [ObjectKey] = []
        var isChanged = false
        try commit.write { commit, change in
            switch verification.phase {
            case .disk: try compareDisk(&verification, &unread)
            case .files: try verifyFiles(&verification, unread: &unread, commit: &commit, change: &change)
            case .objects: try verifyObjects(&verification, unread: &unread, commit: &commit, change: &change)
            case .urls:
                if verification.cursor == nil { recount(verification, &commit) }
                try verifyEntries(context.index.tables.urls, verification: &verification, change: &change)
            case .tags: try verifyEntries(context.index.tables.tags, verification: &verification, change: &change)
            case .hosts: try verifyNames(isHosts: true, &verification, &change)
            case .labels: try verifyNames(isHosts: false, &verification, &change)
            case .end: break
            }
            isChanged = verification.report != before
        }
        if isChanged {
            // Names may be gone that the writer remembers.
            try commit.forgetUnwritten()
            context.board.repaired(verification.report.repaired - before.repaired)
        }
        current = verification
        if let task = verification.task {
            context.upkeep.update(task) { [handled = verification.handled, report = verification.report] task in
                task.handled = handled
                task.report = report
            }
        }
        return unread
    }

    /// Ends the one that is through, once everything that it wanted to be read again has been.
    mutating func endIfThrough() {
        guard let verification = current, verification.phase == .end else { return }
        current = nil
        ended = context.now
        if let task = verification.task { context.upkeep.finish(task) }
        let report = verification.report
        context.logger.log(
            level: report.repaired > 0 ? .warning : .info, "index and disk are compared",
            metadata: [
                "entries": "\(verification.handled)", "repaired": "\(report.repaired)",
                "names.removed": "\(report.unusedNames)",
            ])
    }

    // MARK: The disk

    /// Looks again at what differed, then at the next directory.
    private mutating func compareDisk(_ verification: inout Verification, _ unread: inout [ObjectKey]) throws {
        guard verification.candidates.isEmpty else {
            let piece = verification.candidates.prefix(Self.entries)
            for candidate in piece { try settle(candidate, report: &verification.report, unread: &unread) }
            verification.candidates.removeFirst(piece.count)
            return
        }
        guard !verification.scans.isEmpty else { return verification.advance(to: nil) }
        var keys: [ObjectKey] = []
        do {
            let goesOn = try verification.scans[0].step(context.index) { keys.append($0) }
            if !goesOn { verification.scans.removeFirst() }
        } catch let error as FileError {
            context.logger.warning(
                "a cache cannot be compared with the index now", metadata: ["problem": "\(error)"])
            let cache = verification.scans.removeFirst().cache
            verification.report.notCompared.append(cache.path)
            failed.append(cache)
        }
        verification.candidates = try keys.compactMap { key in
            try state(of: key).map { Verification.Candidate(key: key, state: $0) }
        }
        verification.handled += keys.count
    }

    /// Nil for what cannot be looked at now.
    private func state(of key: ObjectKey) throws -> Verification.Candidate.State? {
        guard case .open(let cache) = context.caches.lookup(key.cache) else { return nil }
        // The disk first: what changes it after this is in the index only after the next drain.
        let generation: UInt64?
        do {
            generation = try cache.generation(key)
        } catch is FileError {
            return nil
        }
        return Verification.Candidate.State(
            disk: generation.map { $0 & StoredObject.generationMask }, entry: try context.index.entry(key))
    }

    private func settle(
        _ candidate: Verification.Candidate, report: inout VerificationReport, unread: inout [ObjectKey]
    ) throws {
        let key = candidate.key
        // Whatever has changed since, the watcher has reported, or a purge has done.
        guard try state(of: key) == candidate.state else { return }
        switch (candidate.state.disk, candidate.state.entry) {
        case (nil, nil): return
        case (nil, .some): report.vanishedFiles += 1
        case (.some, nil):
            // Marked as deleted, or not of this cache, it has no place in the index.
            // Another file may have come since the look above: the watcher will say so.
            guard case .open(let cache) = context.caches.lookup(key.cache) else { return }
            var buffer: [UInt8] = []
            let found = try? cache.inspect(key, buffer: &buffer)
            // One that cannot be read, a link say, is to be told.
            if found == nil { unread.append(key) }
            guard case .object(let object)? = found,
                object.generation & StoredObject.generationMask == candidate.state.disk
            else { return }
            report.unindexedFiles += 1
        case (.some(let generation), .some(let entry)):
            guard generation != entry.generation else { return }
            report.replacedFiles += 1
        }
        unread.append(key)
    }

    // MARK: The index

    private func verifyFiles(
        _ verification: inout Verification, unread: inout [ObjectKey], commit: inout IndexCommit,
        change: inout Change
    ) throws {
        let tables = context.index.tables
        let (entries, next) = try tables.files.page(
            from: verification.cursor ?? [], to: nil, limit: Self.entries)
        let objects = try entries.map { try FileEntry(decoding: $0.value).object }
        let records = try tables.objects.values(objects.map(IndexKeys.object))
        for (entry, record) in zip(entries, records) where record == nil {
            change.delete(entry.key, in: tables.files)
            unread.append(try ObjectKey(decoding: entry.key))
            verification.report.incompleteObjects += 1
            commit.correct(by: IndexTotals(objects: -1))
        }
        verification.handled += entries.count
        verification.advance(to: next)
    }

    private func verifyObjects(
        _ verification: inout Verification, unread: inout [ObjectKey], commit: inout IndexCommit,
        change: inout Change
    ) throws {
        let tables = context.index.tables
        let (entries, next) = try tables.objects.page(
            from: verification.cursor ?? [], to: nil, limit: Self.entries)
        var incomplete: [ObjectID: ObjectRecord] = [:]
        if verification.cursor == nil { verification.counted = (IndexTotals(), context.board.indexChanges) }
        for (key, value) in entries {
            var reader = ByteReader(key)
            let id = ObjectID(rawValue: try reader.integer(UInt64.self))
            let record = try ObjectRecord(decoding: value)
            guard try context.index.entry(record.key)?.object == id else {
                commit.removeDangling(id, record, from: &change)
                verification.report.danglingEntries += 1
                continue
            }
            verification.counted.totals += IndexTotals(record)
            let urls = record.urls(id)
            let tags = record.labels.map { IndexKeys.label($0, id) }
            let found = try tables.urls.values(urls) + (try tables.tags.values(tags))
            guard found.contains(where: { $0 == nil }) else { continue }
            incomplete[id] = record
            unread.append(record.key)
        }
        commit.remove(incomplete, from: &change)
        verification.report.incompleteObjects += incomplete.count
        verification.handled += entries.count
        verification.advance(to: next)
    }

    /// Puts the totals right where they are wrong; where they changed while objects were counted, the next verification
    /// will.
    private func recount(_ verification: Verification, _ commit: inout IndexCommit) {
        guard context.board.indexChanges == verification.counted.changes else { return }
        let difference = verification.counted.totals + -context.board.indexed
        guard difference != IndexTotals() else { return }
        commit.correct(by: difference)
        context.logger.warning(
            "the totals of the index were wrong",
            metadata: ["objects": "\(difference.objects)", "bytes": "\(difference.bytes)"])
    }

    /// Removes URLs and tags of objects that are not there.
    private func verifyEntries(_ table: Table, verification: inout Verification, change: inout Change) throws {
        let (entries, next) = try table.page(from: verification.cursor ?? [], to: nil, limit: Self.entries)
        let objects = entries.map { IndexKeys.objectID(endOf: $0.key.span) ?? ObjectID(rawValue: .max) }
        let records = try context.index.tables.objects.values(objects.map(IndexKeys.object))
        for (entry, record) in zip(entries, records) where record == nil {
            change.delete(entry.key, in: table)
            verification.report.danglingEntries += 1
        }
        verification.handled += entries.count
        verification.advance(to: next)
    }

    /// Removes hosts and tags that nothing has any more; sees that the others are found by their names.
    private func verifyNames(isHosts: Bool, _ verification: inout Verification, _ change: inout Change) throws {
        let tables = context.index.tables
        let start = [UInt8(ascii: isHosts ? "H" : "T")]
        let table = isHosts ? tables.urls : tables.tags
        let (entries, next) = try tables.names.page(
            from: verification.cursor ?? start, to: start.prefixEnd, limit: Self.entries)
        // The highest number stays: new ones are counted on from it.
        let highest = try tables.names.lastKey(below: start.prefixEnd)
        for (key, name) in entries {
            let number = Array(key.dropFirst())
            let nameKey = [UInt8(ascii: isHosts ? "h" : "t")] + name
            let known = try tables.names.value(nameKey)
            if try table.hasKey(beginningWith: number) {
                guard known != number else { continue }
                change.put(nameKey, number, in: tables.names)
                verification.report.incompleteObjects += 1
            } else if key != highest {
                change.delete(key, in: tables.names)
                if known == number { change.delete(nameKey, in: tables.names) }
                verification.report.unusedNames += 1
            }
        }
        verification.handled += entries.count
        verification.advance(to: next)
    }
}
