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
    /// Caches that are to be compared besides, since more was purged in them than is looked at again.
    private var wanted: Set<UInt8> = []
    private var backoff = Backoff()
    private var lastStep: ContinuousClock.Instant

    /// Files or entries looked at in one step: a few milliseconds, which a purge may have to wait.
    private static let entries = 256
    /// Objects of a lost name that are purged one by one; with more of them everything is.
    private static let nameObjects = 1024
    /// Between two steps of a verification that nobody waits for.
    private static let pause = Duration.milliseconds(20)
    /// The same while purges are worked on: they have to wait for it, and it must come to its end all the same.
    private static let busyPause = Duration.milliseconds(250)
    /// The first verification after a start comes no later, however long the interval.
    private static let first = Duration.seconds(3600)

    init(_ context: FilesContext) {
        self.context = context
        began = context.now
        lastStep = context.now
    }

    /// Whether somebody waits for the one that is on its way.
    var isAwaited: Bool { current?.task != nil }

    /// Whether the next step may be taken.
    func mayGo(isBusy: Bool) -> Bool {
        !isBusy || isAwaited || lastStep.duration(to: context.now) >= Self.busyPause
    }

    /// How long the next step may wait; nil while there is nothing to do.
    var patience: Duration? { current.map { $0.task != nil ? .zero : Self.pause } }

    /// Begins one that somebody waits for.
    mutating func begin(task: Int) { current = ofAll(task: task) }

    /// Begins one in the background when it is time.
    mutating func beginIfDue() {
        guard current == nil else { return }
        let interval = context.settings.verifyInterval
        let due = ended.map { $0 + interval } ?? began + min(interval, Self.first)
        if interval > .zero, context.now >= due {
            current = ofAll(task: nil)
        } else if !wanted.isEmpty, backoff.isDue(context.now) {
            wanted.formIntersection(context.caches.numbers)
            let caches = context.caches.formats.filter { wanted.contains($0.number) }
            current = Verification(caches, task: nil, isOfDisk: true)
            wanted.subtract(caches.map(\.number))
        }
    }

    /// Has caches compared with the index by and by, as far as what is on disk goes.
    mutating func compare(_ caches: [UInt8]) { wanted.formUnion(caches) }

    /// Caches were opened anew: what it knows is of others.
    mutating func beginAnew() {
        current = current.map { old in
            guard old.isOfDisk else { return ofAll(task: old.task) }
            let formats = context.caches.formats.filter { old.caches.contains($0.number) }
            return Verification(formats, task: old.task, isOfDisk: true)
        }
    }

    private func ofAll(task: Int?) -> Verification {
        let open = context.caches.formats
        let closed = context.caches.paths.filter { path in !open.contains { $0.path == path } }
        return Verification(open, task: task, closed: closed)
    }

    /// Caches that could not be compared since the last call: whoever looks through them again finds out why.
    mutating func takeFailed() -> [any CacheFileFormat] {
        defer { failed = [] }
        return failed
    }

    /// Takes one step; the watchers have been drained, and what they reported is in the index.
    ///
    /// - Parameter isLearned: whether all that is in a cache is in the index, as far as its watcher and the walks know.
    /// - Returns: what is to be read again.
    mutating func step(
        _ commit: inout IndexCommit, isLearned: (UInt8) -> Bool
    ) throws -> Verification.Repairs {
        guard var verification = current else { return Verification.Repairs() }
        lastStep = context.now
        let before = verification.report
        var repairs = Verification.Repairs()
        var isChanged = false
        try commit.write { commit, change in
            switch verification.phase {
            case .disk: try compareDisk(&verification, &repairs, isLearned)
            case .files: try verifyFiles(&verification, &repairs.missed, &commit, &change)
            case .objects: try verifyObjects(&verification, &repairs.missed, &commit, &change)
            case .urls:
                if verification.cursor == nil { recount(verification, &commit) }
                try verifyEntries(context.index.tables.urls, verification: &verification, change: &change)
            case .tags: try verifyEntries(context.index.tables.tags, verification: &verification, change: &change)
            case .hosts: try verifyNames(isHosts: true, &verification, &repairs, &change)
            case .labels: try verifyNames(isHosts: false, &verification, &repairs, &change)
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
        return repairs
    }

    /// Ends the one that is through, once everything that it wanted to be read again has been.
    mutating func endIfThrough() {
        guard let verification = current, verification.phase == .end else { return }
        current = nil
        if verification.isOfDisk {
            wanted.formUnion(verification.failed)
            if verification.failed.isEmpty { backoff = Backoff() } else { backoff.failed(context.now) }
        } else {
            ended = context.now
        }
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
    private mutating func compareDisk(
        _ verification: inout Verification, _ repairs: inout Verification.Repairs, _ isLearned: (UInt8) -> Bool
    ) throws {
        guard verification.candidates.isEmpty else {
            let piece = verification.candidates.prefix(Self.entries)
            // Where a cache is being looked through, that finds it too, and knows better what is late.
            for candidate in piece where isLearned(candidate.key.cache) {
                try settle(candidate, &verification.report, &repairs)
            }
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
            verification.failed.append(cache.number)
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
        _ candidate: Verification.Candidate, _ report: inout VerificationReport, _ repairs: inout Verification.Repairs
    ) throws {
        let key = candidate.key
        // Whatever has changed since, the watcher has reported, or a purge has done.
        guard try state(of: key) == candidate.state else { return }
        switch (candidate.state.disk, candidate.state.entry) {
        case (nil, nil): return
        case (nil, .some):
            report.vanishedFiles += 1
            repairs.gone.append(key)
        case (.some(let generation), nil):
            // Marked as deleted, or not of this cache, it has no place in the index.
            // Another file may have come since the look above: the watcher will say so.
            guard case .open(let cache) = context.caches.lookup(key.cache) else { return }
            var buffer: [UInt8] = []
            let found = try? cache.inspect(key, buffer: &buffer)
            // One that cannot be read, a link say, is to be told.
            if found == nil { repairs.gone.append(key) }
            guard case .object(let object)? = found,
                object.generation & StoredObject.generationMask == generation
            else { return }
            report.unindexedFiles += 1
            repairs.missed.append(FailedObject(key: key, generation: generation))
        case (.some(let generation), .some(let entry)):
            guard generation != entry.generation else { return }
            report.replacedFiles += 1
            repairs.missed.append(FailedObject(key: key, generation: generation))
        }
    }

    // MARK: The index

    private func verifyFiles(
        _ verification: inout Verification, _ missed: inout [FailedObject], _ commit: inout IndexCommit,
        _ change: inout Change
    ) throws {
        let tables = context.index.tables
        let (entries, next) = try tables.files.page(
            from: verification.cursor ?? [], to: nil, limit: Self.entries)
        let files = try entries.map { try FileEntry(decoding: $0.value) }
        let records = try tables.objects.values(files.map { IndexKeys.object($0.object) })
        for (position, entry) in entries.enumerated() where records[position] == nil {
            change.delete(entry.key, in: tables.files)
            missed.append(
                FailedObject(key: try ObjectKey(decoding: entry.key), generation: files[position].generation))
            verification.report.incompleteObjects += 1
            commit.correct(by: IndexTotals(objects: -1))
        }
        verification.handled += entries.count
        verification.advance(to: next)
    }

    private func verifyObjects(
        _ verification: inout Verification, _ missed: inout [FailedObject], _ commit: inout IndexCommit,
        _ change: inout Change
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
            guard let entry = try context.index.entry(record.key), entry.object == id else {
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
            missed.append(FailedObject(key: record.key, generation: entry.generation))
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
    private func verifyNames(
        isHosts: Bool, _ verification: inout Verification, _ repairs: inout Verification.Repairs,
        _ change: inout Change
    ) throws {
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
                try miss(IndexRange(isHosts ? .urls : .tags, prefix: number), &repairs)
            } else if key != highest {
                change.delete(key, in: tables.names)
                if known == number { change.delete(nameKey, in: tables.names) }
                verification.report.unusedNames += 1
            }
        }
        verification.handled += entries.count
        verification.advance(to: next)
    }

    /// Purges by a host or a tag have not found its objects.
    private func miss(_ range: IndexRange, _ repairs: inout Verification.Repairs) throws {
        let found = try context.index.objectIDs(in: range, from: range.lower, limit: Self.nameObjects)
        if found.next != nil { repairs.areTooMany = true }
        for (_, record) in try context.index.records(found.ids) {
            guard let entry = try context.index.entry(record.key) else { continue }
            repairs.missed.append(FailedObject(key: record.key, generation: entry.generation))
        }
    }
}
