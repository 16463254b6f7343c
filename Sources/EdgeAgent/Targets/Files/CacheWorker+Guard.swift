import LinuxFiles
import Logging
import PurgeModel
import RocksDB

/// Guarding against fills in flight; the rule itself is in ``FillGuard``.
extension CacheWorker {
    /// Guards that end in one round.
    private static let endsInRound = 1024

    // MARK: At the start

    /// Takes up the guards that an earlier run left.
    ///
    /// What landed while no agent ran is found by the scan and judged like any other; what had landed before and was not judged is
    /// read again.
    func takeUpGuards(_ run: inout Run) throws {
        let store = run.guards.store
        let suspects = try store.suspects()
        var kept: [(key: QueueKey, entry: GuardStore.Entry, event: PurgeEvent)] = []
        for key in try store.keys() {
            guard let entry = try store.entry(key), let event = try? entry.message.decoded() else {
                var batch = WriteBatch()
                store.remove(key, from: &batch)
                try index.database.write(batch, sync: false)
                continue
            }
            kept.append((key, entry, event))
        }
        // The newest stands for all that name the same.
        for (key, entry, event) in kept.sorted(by: { $0.entry.reference < $1.entry.reference }) {
            // From now on, whatever the wall clock says: it may have been set meanwhile.
            let number = run.guards.fills.begin(
                key, mode: event.mode, reference: entry.reference, until: entry.until,
                ends: clock.instant + settings.guardWindow, names: names(event)
            )
            run.guards.fills.applied(number)
            run.guards.numbers[key] = number
            // A 304 leaves no trace that the scan would see. And an index that is filled anew is filled without looking at guards.
            if event.mode == .invalidate || run.loader != nil { run.guards.again.append(key) }
        }
        run.unread += suspects
    }

    /// The purges that are to be applied once more, as far as there is room.
    func takeAgain(_ run: inout Run) throws -> [ActivePurge] {
        let keys = Array(run.guards.again.prefix(max(0, Self.activeMax - run.active.count)))
        let purges = try keys.compactMap { key throws -> ActivePurge? in
            guard let entry = try run.guards.store.entry(key), let event = try? entry.message.decoded() else {
                return nil
            }
            let newest = Timestamp(milliseconds: entry.until).advanced(by: settings.clockSkewMax)
            var purge = ActivePurge(
                key: key, event: event, ranges: try index.ranges(for: event.selectors, scope: event.scope),
                progress: (0, 0), newestDate: UInt32(clamping: newest.milliseconds / 1000), started: clock.instant
            )
            purge.isRepeated = true
            purge.guardNumber = run.guards.numbers[key]
            return purge
        }
        run.guards.again.removeFirst(keys.count)
        return purges
    }

    // MARK: Purges

    /// Has a purge guard from its beginning on, before its first object is looked for.
    func arm(_ purge: inout ActivePurge, _ run: inout Run) {
        guard settings.guardWindow > .zero else { return }
        if purge.newestDate != nil {
            // No fill that began before it can still be on its way.
            let end = purge.event.acceptedAt.advanced(by: settings.guardWindow + settings.clockSkewMax)
            guard clock.now <= end else { return }
        }
        // When it was queued is later than when it was accepted, and by this machine's own clock.
        let reference = run.guards.clock.milliseconds(purge.started)
        purge.guardNumber = run.guards.fills.begin(
            purge.key, mode: purge.event.mode, reference: reference,
            until: reference + settings.guardWindow.wholeMilliseconds, ends: clock.instant + settings.guardWindow,
            names: names(purge.event)
        )
    }

    /// Takes note of what a slice of a purge has found.
    func noteForGuard(_ purge: ActivePurge, _ objects: [(ObjectRecord, NginxCache.Outcome)], _ run: inout Run) throws {
        guard let number = purge.guardNumber else { return }
        if purge.event.mode == .invalidate {
            let stale = objects.filter { $0.1 == .purged || $0.1 == .alreadyStale }
            run.guards.fills.watch(stale.map(\.0.file), number)
        }
        guard !purge.event.selectors.tags.isEmpty else { return }
        for (record, _) in objects where record.hasSiblings {
            let hosts = try record.hosts.map { try index.reversedHost($0) }
            run.guards.fills.extend(number, reversedHosts: hosts, target: record.target)
        }
    }

    /// Keeps the guard of a purge that is done, in the write that completes it.
    func keepGuard(_ purge: ActivePurge, into batch: inout WriteBatch, _ run: inout Run) throws {
        if purge.isRepeated {
            if purge.guardNumber == nil { run.guards.store.remove(purge.key, from: &batch) }
            return
        }
        guard let number = purge.guardNumber, let match = run.guards.fills.table.match(number),
            let message = try queue.message(purge.key)
        else { return }
        let entry = GuardStore.Entry(reference: match.reference, until: match.until, message: message)
        run.guards.store.put(purge.key, entry, into: &batch)
    }

    private func names(_ event: PurgeEvent) -> GuardNames.OfPurge {
        GuardNames.names(of: event.selectors, scope: event.scope, normalization: index.normalization)
    }

    // MARK: Files

    /// Notes, with its index entry, that a file landed under a guard.
    func noteLanded(_ object: StoredObject, into batch: inout WriteBatch, _ run: inout Run) {
        guard let match = run.guards.fills.table.match(object) else { return }
        run.guards.landed.append((object.file, match))
        run.guards.store.putSuspect(object.file, into: &batch)
        // The other variants and slices may come without the tag.
        if object.hasSiblings {
            run.guards.fills.extend(match.number, reversedHosts: object.reversedHosts, target: object.target)
        }
    }

    /// Looks at what landed, purges again what has to be, ends guards.
    ///
    /// What fails is tried again in the next round; purges go on meanwhile.
    func guardFills(_ run: inout Run) -> (any Error)? {
        guard !run.guards.fills.table.isEmpty else { return nil }
        defer { tellGuard(run) }
        do {
            try lookAtLanded(&run)
            try lookAtWatched(&run)
            let removals = run.guards.fills.removals(clock.instant)
            var failure = try purgeAgain(removals, &run)
            failure = try endGuards(&run) ?? failure
            try forgetJudged(&run)
            return failure
        } catch {
            return error
        }
    }

    private func lookAtLanded(_ run: inout Run) throws {
        let landed = run.guards.landed
        guard !landed.isEmpty || run.guards.fills.isWaiting else { return }
        let isLogged = readLog(&run)
        for (file, match) in landed {
            guard let facts = try facts(file, &run) else { continue }
            run.guards.fills.landed(
                file, match, facts, isRefreshed: false, isLogged: isLogged, now: clock.instant)
        }
        run.guards.landed = []
    }

    /// Finds out whether a 304 has made invalidated files fresh again.
    private func lookAtWatched(_ run: inout Run) throws {
        guard run.guards.fills.isWatching,
            run.guards.lastWatch.duration(to: clock.instant) >= FillGuard.watchPause
        else { return }
        run.guards.lastWatch = clock.instant
        var isLogged: Bool?
        for file in run.guards.fills.nextWatched() {
            guard let facts = try renewed(file, &run), !run.guards.fills.isProvenFresh(file, facts),
                let match = run.guards.fills.match(file)
            else { continue }
            if isLogged == nil { isLogged = readLog(&run) }
            run.guards.fills.landed(
                file, match, facts, isRefreshed: true, isLogged: isLogged == true, now: clock.instant)
        }
    }

    /// What a watched file tells if it is fresh again; nil when it is not, or is another file by now.
    private func renewed(_ file: FileLocation, _ run: inout Run) throws -> FillFacts? {
        guard let facts = try facts(file, &run) else {
            run.guards.fills.unwatch(file)
            return nil
        }
        guard facts.validUntil >= clock.now.milliseconds / 1000 else { return nil }
        // A new file is reported by the watcher.
        return try index.entry(file)?.generation == facts.generation ? facts : nil
    }

    private func facts(_ file: FileLocation, _ run: inout Run) throws -> FillFacts? {
        try cache(file)?.fillFacts(file, buffer: &run.buffer)
    }

    /// Reads what was added to the access log; false where there is none.
    private func readLog(_ run: inout Run) -> Bool {
        guard let log = run.guards.log else { return false }
        var bad = 0
        let isThere = log.read { line in
            switch FetchLine.read(line) {
            case .fetch(let fetch): run.guards.fills.add(fetch)
            case .noFetch: break
            case .malformed: bad += 1
            }
        }
        run.guards.badLines += bad
        if bad > 0 || !isThere, !run.guards.hasWarned {
            run.guards.hasWarned = true
            logger.warning(
                """
                the access log does not help to tell new objects from old ones; after each purge they may cost up to two extra \
                misses
                """,
                metadata: ["problem": "\(log.problem ?? "lines in another format than log_format edge_purge")"]
            )
        }
        return isThere
    }

    // MARK: Purging again

    /// Purges files again, each by itself, so that one that can't be changed does not keep the others.
    private func purgeAgain(_ removals: [FillGuard.Removal], _ run: inout Run) throws -> (any Error)? {
        guard !removals.isEmpty else { return nil }
        var failure: (any Error)?
        var done: [FillGuard.Removal] = []
        var removed: [ObjectID: ObjectRecord] = [:]
        var batch = WriteBatch()
        for removal in removals {
            do {
                if let entry = try index.entry(removal.file), let object = try index.records([entry.object]).first {
                    let outcome = try purge([object.record], removal.mode, &run.buffer).first
                    if outcome == .absent || (outcome == .purged && removal.mode == .delete) {
                        removed[object.id] = object.record
                    }
                    if outcome == .purged { tellRemoved(removal, object.record) }
                }
                done.append(removal)
            } catch {
                failure = failure ?? error
            }
        }
        if !removed.isEmpty {
            let change = run.writer.remove(removed, from: &batch)
            try write(&batch, change)
        }
        for removal in done { run.guards.fills.removed(removal) }
        return failure
    }

    /// Ends the guards whose time is over: what is still unproven goes.
    ///
    /// None ends while there may be files that landed under it and were not looked at yet.
    private func endGuards(_ run: inout Run) throws -> (any Error)? {
        guard run.scans.isEmpty, run.loader == nil, run.unread.isEmpty else { return nil }
        var batch = WriteBatch()
        var ended = 0
        while ended < Self.endsInRound, let first = run.guards.fills.ended(clock.instant) {
            // To be applied once more first, and kept until that is done.
            if run.guards.again.contains(first.key) { break }
            if run.active.contains(where: { $0.isRepeated && $0.key == first.key }) { break }
            ended += 1
            for file in run.guards.fills.watchedFiles(first.number) {
                guard let facts = try renewed(file, &run), !run.guards.fills.isProvenFresh(file, facts) else {
                    continue
                }
                if let match = run.guards.fills.match(file) {
                    run.guards.fills.landed(
                        file, match, facts, isRefreshed: true, isLogged: false, now: clock.instant)
                }
            }
            let removals = run.guards.fills.lastRemovals(first.number)
            if let failure = try purgeAgain(removals, &run) { return failure }
            run.guards.numbers[first.key] = nil
            if first.needsRepeat {
                run.guards.again.append(first.key)
            } else {
                run.guards.store.remove(first.key, from: &batch)
            }
            run.guards.fills.removeFirst()
        }
        guard ended > 0 else { return nil }
        if run.guards.fills.table.isEmpty { run.guards.store.removeAllSuspects(from: &batch) }
        try index.database.write(batch, sync: false)
        return nil
    }

    private func forgetJudged(_ run: inout Run) throws {
        let judged = run.guards.fills.takeJudged()
        guard !judged.isEmpty else { return }
        var batch = WriteBatch()
        for file in judged { run.guards.store.removeSuspect(file, from: &batch) }
        try index.database.write(batch, sync: false)
    }

    // MARK: Telling

    private func tellRemoved(_ removal: FillGuard.Removal, _ record: ObjectRecord) {
        let late = max(0, clock.now.milliseconds - removal.landed)
        status.guardRemoved(
            isStale: removal.reason == .stale, bytes: Int64(record.sizeKiB) * 1024, visible: .milliseconds(late))
    }

    private func tellGuard(_ run: Run) {
        let guards = run.guards
        status.tellGuard { told in
            told.standing = guards.fills.table.count
            told.isFull = guards.fills.table.isFull
            told.provenFresh = guards.fills.provenFresh
            told.badLogLines = guards.badLines
            told.logProblem = guards.log?.problem
        }
    }
}
