import LinuxFiles
import Logging
import PurgeModel
import RocksDB

/// Comparing index and disk, both ways, and repairing what differs.
extension CacheWorker {
    /// Files or entries looked at in one step: a few milliseconds, which a purge may have to wait.
    private static let verifyEntries = 256

    /// Takes one step; the watcher has been drained, and what it reported is in the index.
    func verify(_ run: inout Run) throws {
        guard var verification = run.verification else { return }
        let before = verification.report
        var batch = WriteBatch()
        var change = IndexTotals()
        switch verification.phase {
        case .disk: try compareDisk(&verification, &run)
        case .files: change = try verifyFiles(&verification, &run, &batch)
        case .objects: change = try verifyObjects(&verification, &run, &batch)
        case .urls:
            if verification.cursor == nil { try recount(verification) }
            try verifyEntries(index.urls, &verification, &batch)
        case .tags: try verifyEntries(index.tags, &verification, &batch)
        case .hosts: try verifyNames(isHosts: true, &verification, &batch)
        case .labels: try verifyNames(isHosts: false, &verification, &batch)
        case .end: break
        }
        if verification.report != before {
            try write(&batch, change)
            // Names may be gone that the writer remembers.
            try run.writer.forgetUnwritten()
            status.repaired(verification.report.repaired - before.repaired)
        }
        run.verification = verification
        if let task = verification.task {
            upkeep.update(task) { [handled = verification.handled, report = verification.report] task in
                task.handled = handled
                task.report = report
            }
        }
        if verification.phase == .end { try endVerification(verification, &run) }
    }

    private func endVerification(_ verification: Verification, _ run: inout Run) throws {
        // What is to be read again is read before anybody is told that it is repaired.
        try learn(&run, all: true)
        run.verification = nil
        run.verified = clock.instant
        if let task = verification.task { upkeep.finish(task) }
        let report = verification.report
        let level: Logger.Level = report.repaired > 0 ? .warning : .info
        logger.log(
            level: level, "index and disk are compared",
            metadata: [
                "entries": "\(verification.handled)", "repaired": "\(report.repaired)",
                "names.removed": "\(report.unusedNames)",
            ]
        )
    }

    // MARK: The disk

    /// Looks again at what differed, then at the next directory.
    private func compareDisk(_ verification: inout Verification, _ run: inout Run) throws {
        guard verification.candidates.isEmpty else {
            let piece = verification.candidates.prefix(Self.verifyEntries)
            for candidate in piece { try settle(candidate, &verification.report, &run) }
            verification.candidates.removeFirst(piece.count)
            return
        }
        guard !verification.scans.isEmpty else { return verification.advance(to: nil) }
        var files: [FileLocation] = []
        let goesOn = try verification.scans[0].step(index) { files.append($0) }
        if !goesOn { verification.scans.removeFirst() }
        verification.candidates = try files.map { Verification.Candidate(file: $0, state: try state(of: $0)) }
        verification.handled += files.count
    }

    private func state(of file: FileLocation) throws -> Verification.Candidate.State {
        // The disk first: what changes it after this is in the index only after the next drain.
        let generation = try cache(file)?.generation(file.name, levels: file.levels)
        return Verification.Candidate.State(
            disk: generation.map { $0 & FileEntry.generationMask }, entry: try index.entry(file))
    }

    private func settle(
        _ candidate: Verification.Candidate, _ report: inout VerificationReport, _ run: inout Run
    ) throws {
        let file = candidate.file
        // Whatever has changed since, the watcher has reported, or a purge has done.
        guard try state(of: file) == candidate.state else { return }
        switch (candidate.state.disk, candidate.state.entry) {
        case (nil, nil): return
        case (nil, .some): report.vanishedFiles += 1
        case (.some, nil):
            // Marked as deleted, or not nginx's, it has no place in the index.
            // Another file may have come since the look above: the watcher will say so.
            guard case .object(let object) = try inspect(file, &run.buffer),
                object.generation & FileEntry.generationMask == candidate.state.disk
            else { return }
            report.unindexedFiles += 1
        case (.some(let generation), .some(let entry)):
            guard generation != entry.generation else { return }
            report.replacedFiles += 1
        }
        run.unread.append(file)
    }

    // MARK: The index

    private func verifyFiles(
        _ verification: inout Verification, _ run: inout Run, _ batch: inout WriteBatch
    ) throws -> IndexTotals {
        let (entries, next) = try index.page(
            of: index.files, from: verification.cursor ?? [], to: nil, limit: Self.verifyEntries)
        let objects = try entries.map { try FileEntry(decoding: $0.value).object }
        let records = try index.database.values(forKeys: objects.map(IndexKeys.object), in: index.objects)
        var change = IndexTotals()
        for (entry, record) in zip(entries, records) where record == nil {
            batch.delete(entry.key, in: index.files)
            run.unread.append(try IndexKeys.file(decoding: entry.key.span))
            verification.report.incompleteObjects += 1
            change.objects -= 1
        }
        verification.handled += entries.count
        verification.advance(to: next)
        return change
    }

    private func verifyObjects(
        _ verification: inout Verification, _ run: inout Run, _ batch: inout WriteBatch
    ) throws -> IndexTotals {
        let (entries, next) = try index.page(
            of: index.objects, from: verification.cursor ?? [], to: nil, limit: Self.verifyEntries)
        var incomplete: [ObjectID: ObjectRecord] = [:]
        if verification.cursor == nil { verification.counted = (IndexTotals(), status.indexChanges) }
        for (key, value) in entries {
            var reader = ByteReader(key)
            let id = ObjectID(rawValue: try reader.integer(UInt64.self))
            let record = try ObjectRecord(decoding: value)
            guard try index.entry(record.file)?.object == id else {
                run.writer.delete(id, record, from: &batch)
                verification.report.danglingEntries += 1
                continue
            }
            verification.counted.totals += IndexTotals(sizeKiB: record.sizeKiB)
            let urls = record.hosts.map { IndexKeys.url($0, record.target, id) }
            let tags = record.labels.map { IndexKeys.label($0, id) }
            let found =
                try index.database.values(forKeys: urls, in: index.urls)
                + (try index.database.values(forKeys: tags, in: index.tags))
            guard found.contains(where: { $0 == nil }) else { continue }
            incomplete[id] = record
            run.unread.append(record.file)
        }
        let change = run.writer.remove(incomplete, from: &batch)
        verification.report.incompleteObjects += incomplete.count
        verification.handled += entries.count
        verification.advance(to: next)
        return change
    }

    /// Puts the totals right where they are wrong; where they changed while objects were counted, the next verification will.
    private func recount(_ verification: Verification) throws {
        guard status.indexChanges == verification.counted.changes else { return }
        let difference = verification.counted.totals + -status.indexed
        guard difference != IndexTotals() else { return }
        var batch = WriteBatch()
        try write(&batch, difference)
        logger.warning(
            "the totals of the index were wrong",
            metadata: ["objects": "\(difference.objects)", "bytes": "\(difference.bytes)"])
    }

    /// Removes URLs and tags of objects that are not there.
    private func verifyEntries(
        _ family: ColumnFamily, _ verification: inout Verification, _ batch: inout WriteBatch
    ) throws {
        let (entries, next) = try index.page(
            of: family, from: verification.cursor ?? [], to: nil, limit: Self.verifyEntries)
        let objects = entries.map { IndexKeys.objectID(endOf: $0.key.span) ?? ObjectID(rawValue: .max) }
        let records = try index.database.values(forKeys: objects.map(IndexKeys.object), in: index.objects)
        for (entry, record) in zip(entries, records) where record == nil {
            batch.delete(entry.key, in: family)
            verification.report.danglingEntries += 1
        }
        verification.handled += entries.count
        verification.advance(to: next)
    }

    /// Removes hosts and tags that nothing has any more; sees that the others are found by their names.
    private func verifyNames(
        isHosts: Bool, _ verification: inout Verification, _ batch: inout WriteBatch
    ) throws {
        let start = [UInt8(ascii: isHosts ? "H" : "T")]
        let family = isHosts ? index.urls : index.tags
        let (entries, next) = try index.page(
            of: index.names, from: verification.cursor ?? start, to: start.prefixEnd, limit: Self.verifyEntries)
        // The highest number stays: new ones are counted on from it.
        let highest = try index.database.lastKey(in: index.names, below: start.prefixEnd)
        for (key, name) in entries {
            let number = Array(key.dropFirst())
            let nameKey = [UInt8(ascii: isHosts ? "h" : "t")] + name
            let known = try index.database.value(forKey: nameKey, in: index.names)
            if try index.hasKey(in: family, beginningWith: number) {
                guard known != number else { continue }
                batch.put(nameKey, number, in: index.names)
                verification.report.incompleteObjects += 1
            } else if key != highest {
                batch.delete(key, in: index.names)
                if known == number { batch.delete(nameKey, in: index.names) }
                verification.report.unusedNames += 1
            }
        }
        verification.handled += entries.count
        verification.advance(to: next)
    }
}
