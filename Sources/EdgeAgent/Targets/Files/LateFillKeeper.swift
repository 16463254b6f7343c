import LinuxFiles
import Logging
import PurgeModel

/// Guards against responses that were fetched before a purge and stored after it; the rule itself is in ``FillGuard``.
///
/// Three verbs: a purge is *armed* before its first object is looked for, what is seen is *observed*, and what is *due*
/// is done once a round.
struct LateFillKeeper {
    private let context: FilesContext
    private let purger: LateFillPurger
    private let report: LateFillReport
    private let store: GuardStore
    private var log: FetchLog
    private var fills = FillGuard()
    private var reference: WallClockReference
    /// Objects that landed under a guard and are to be looked at in this round.
    private var landed: [(key: ObjectKey, match: GuardTable.Match)] = []
    /// Purges that are to be applied once more.
    private var repeats = PurgeRepeats()
    private var renaming = GuardRenaming()
    /// The standing guard of each purge.
    private var numbers: [QueueKey: UInt64] = [:]
    /// Objects that could not be changed when their guard ended: a restart has to judge them again.
    private var left: Set<ObjectKey> = []
    /// When the invalidated files were looked at last.
    private var lastWatch: ContinuousClock.Instant
    /// Whether more guards may end than did in the last round.
    private var hasMoreToEnd = false

    /// Guards that end in one round, and files that are looked at or purged again for each of the reasons there are.
    private static let endsInRound = 512
    private static let filesInRound = 512

    init(_ context: FilesContext, _ marker: ObjectMarker) {
        self.context = context
        report = LateFillReport(context)
        purger = LateFillPurger(context, marker, report)
        store = GuardStore(context.database)
        log = FetchLog(path: context.settings.accessLog, logger: context.logger)
        reference = WallClockReference(memory: context.settings.guardWindow, instant: context.now)
        lastWatch = context.now
    }

    // MARK: Asking

    var isEmpty: Bool { fills.table.isEmpty }
    /// How long nothing has to be done; nil: for ever.
    func pause(_ now: ContinuousClock.Instant) -> Duration? {
        hasMoreToEnd || !landed.isEmpty || !renaming.isOver ? .zero : fills.pause(now)
    }

    // MARK: Arming

    /// Takes note of both clocks; once a round, before anything else.
    mutating func tick() { reference.observe(context.clock.now, context.now) }

    /// Takes up the guards that an earlier run left; returns objects that are to be read again.
    ///
    /// What landed while no agent ran is found by the scan and judged like any other; what had landed before and was
    /// not judged is read again.
    ///
    /// - Parameter isLoading: whether the index is filled anew, and without looking at guards.
    mutating func takeUp(isLoading: Bool) throws -> [ObjectKey] {
        var kept: [(key: QueueKey, record: GuardRecord, event: PurgeEvent)] = []
        for key in try store.keys() {
            guard let record = try store.record(key), let event = try context.queue.event(record) else {
                try context.database.write { store.remove(key, from: &$0) }
                continue
            }
            kept.append((key, record, event))
        }
        // The newest stands for all that name the same.
        for (key, record, event) in kept.sorted(by: { $0.record.reference < $1.record.reference }) {
            // As long as it was, from now on, whatever the wall clock says: it may have been set meanwhile.
            let span = GuardSpan(record, fillsFromTier: context.queue.fillsFromTier)
            let number = fills.begin(
                key, zone: event.zone, mode: event.mode, span: span,
                ends: context.now + max(span.length, context.settings.guardWindow), names: names(event))
            fills.applied(number)
            numbers[key] = number
            context.standing?.add(guarding: key, event, span)
            // A 304 leaves no trace that the scan would see.
            if event.mode == .invalidate || isLoading { repeats.append(self.repeat(key)) }
        }
        context.standing?.loaded()
        return try store.suspects()
    }

    /// Has a purge guard from its beginning on, before its first object is looked for; returns the number of the guard.
    ///
    /// One that guards already, because it is begun anew, goes on as it is.
    mutating func arm(_ job: PurgeJob) -> UInt64? {
        let window = context.settings.guardWindow
        let span = GuardSpan(job.pass, queued: job.started, reference, window: window, now: context.now)
        if !job.pass.isFirst { context.standing?.renew(job.key, span) }
        guard window > .zero else { return nil }
        if let number = numbers[job.key], job.pass.isFirst { return number }
        if job.newestDate != nil {
            // No fill that began before it can still be on its way.
            let end = job.event.acceptedAt.advanced(by: window + context.settings.clockSkewMax)
            guard context.clock.now <= end else { return nil }
        }
        let number = fills.begin(
            job.key, zone: job.event.zone, mode: job.event.mode, span: span,
            ends: context.now + max(span.length, window), names: names(job.event))
        // One that it has already goes on beside it.
        numbers[job.key] = number
        context.standing?.guards(job.key)
        return number
    }

    /// The caches have other keys from now on: what stands is to guard under these too.
    mutating func rename() {
        renaming.begin(numbers.keys)
        context.standing?.rename()
    }

    /// Renames the next guards; returns what is to be read again, since one of them may mean it.
    private mutating func renameNext() throws -> [ObjectKey] {
        for key in renaming.next() {
            guard let number = numbers[key],
                let message = try store.record(key)?.message() ?? context.queue.message(key),
                let event = try? context.queue.event(message)
            else { continue }
            fills.extend(number, names: names(event))
        }
        return renaming.takeLanded()
    }

    /// A purge has gone through everything it can.
    mutating func applied(_ number: UInt64) { fills.applied(number) }
    /// Keeps the guard of a purge that is done, in the change that completes it.
    func keep(_ purge: ActivePurge, into change: inout Change) throws {
        let (key, match) = (purge.account.key, purge.account.guardNumber.flatMap(fills.table.match))
        guard !purge.account.isRepeated else {
            // Its guard has ended: it was kept for this.
            return match == nil ? store.remove(key, from: &change) : ()
        }
        guard let span = match?.span, !span.waitsForTier, let stored = try context.queue.stored(key) else { return }
        store.put(key, GuardRecord(span, stored: stored), into: &change)
    }

    /// An index that is filled anew is filled without looking at guards: every purge that guards is to be applied once
    /// more.
    ///
    /// - Parameter unfinished: knows which of them are being applied once more already.
    mutating func repeatAll(_ unfinished: UnfinishedPurges) throws {
        for key in try store.keys() where !repeats.contains(key) && !unfinished.isRepeating(key) {
            repeats.append(self.repeat(key))
        }
    }

    /// What a repeated purge names; nil when it is not known any more.
    func resumption(_ key: QueueKey) throws -> PurgeResumption? {
        guard let record = try store.record(key), let event = try context.queue.event(record) else { return nil }
        return PurgeResumption(event, until: record.until, clockSkewMax: context.settings.clockSkewMax)
    }

    /// The purges that are to be applied once more now, as far as there is room.
    mutating func takeRepeats(_ room: Int) -> [PurgeRepeat] { repeats.take(room) }

    var hasRepeats: Bool { !repeats.isEmpty }

    private func `repeat`(_ key: QueueKey) -> PurgeRepeat { PurgeRepeat(key: key, guardNumber: numbers[key]) }

    /// What a purge names, as exactly as asked.
    private func names(_ event: PurgeEvent) -> (GuardGrain) -> GuardNames.OfPurge {
        let forms = URLForms(context.index.normalization, context.caches.forms)
        return { GuardNames.names(of: event.selectors, scope: event.scope, forms: forms, grain: $0) }
    }

    // MARK: Observing

    /// An object landed; noted with its index entry if a guard names it, or may.
    mutating func observe(_ object: StoredObject, into change: inout Change) {
        guard let match = fills.table.match(object) else {
            if renaming.observe(object.key) { store.putSuspect(object.key, into: &change) }
            return
        }
        landed.append((object.key, match))
        store.putSuspect(object.key, into: &change)
        // The other variants and slices may come without the tag.
        if object.hasSiblings {
            fills.extend(match.number, reversedHosts: object.reversedHosts, targets: object.targets)
        }
    }

    /// Whether something marked when nginx asked was fetched anew since: it landed under the guard of its purge.
    mutating func observe(fetchedAnew key: ObjectKey, _ purge: ActivePurge, into change: inout Change) throws -> Bool {
        guard let marked = context.standing?.markedGeneration(key, for: purge.account.key),
            let match = purge.account.guardNumber.flatMap(fills.table.match),
            let entry = try context.index.entry(key), entry.generation != marked
        else { return false }
        landed.append((key, match))
        store.putSuspect(key, into: &change)
        return true
    }

    /// A purge has marked a piece of what it names.
    mutating func observe(_ purge: ActivePurge, _ records: some Collection<ObjectRecord>, _ markings: [Marking]) {
        guard let number = purge.account.guardNumber, purge.event.mode == .invalidate else { return }
        fills.watch(zip(records, markings).filter(\.1.isStale).map(\.0.key), number)
    }

    /// A purge by tag takes the variants and slices of these along: the others may land without the tag.
    mutating func observe(_ purge: ActivePurge, families: [ObjectRecord]) throws {
        guard let number = purge.account.guardNumber else { return }
        for record in families {
            let hosts = try record.hosts.map { try context.index.reversedHost($0) }
            fills.extend(number, reversedHosts: hosts, targets: record.targets)
        }
    }

    // MARK: What is due

    /// Looks at what landed, purges again what has to be, ends guards.
    ///
    /// - Parameters:
    ///   - mayEnd: whether everything that landed so far has been read, in all caches that can be.
    ///   - failed: caches in which things may have landed that cannot be read for now.
    ///   - unfinished: the purges that wait or are applied once more.
    /// - Returns: objects that could not be looked at, and so have to be learnt again.
    mutating func due(
        _ commit: inout IndexCommit, _ marks: inout MarkKeeper, mayEnd: Bool, failed: Set<UInt8>,
        _ unfinished: () -> UnfinishedPurges
    ) throws -> [ObjectKey] {
        defer { if !fills.hasFailed { report.tell(nil) } }
        hasMoreToEnd = false
        guard !fills.table.isEmpty else {
            renaming = GuardRenaming()
            landed = []
            return []
        }
        defer { report.tell(fills, log) }
        let unread = try lookAtLanded() + renameNext()
        try lookAtWatched()
        if let above = context.queue.tier { fills.heard(lateFills: above.lateFills, context.now) }
        _ = try purger.purge(fills.removals(context.now, limit: Self.filesInRound), &fills, &commit, &marks)
        context.standing?.prove(fills.proofs)
        if mayEnd, unread.isEmpty, landed.isEmpty, renaming.isOver, fills.table.hasOver(context.now) {
            try endGuards(&commit, &marks, failedCaches: failed, unfinished: unfinished())
        }
        try forgetJudged()
        return unread
    }

    private mutating func lookAtLanded() throws -> [ObjectKey] {
        guard !landed.isEmpty || fills.isWaiting else { return [] }
        let isLogged = readLog()
        var unread: [ObjectKey] = []
        let piece = landed.prefix(Self.filesInRound)
        for (key, match) in piece {
            do {
                guard let facts = try facts(key) else { continue }
                fills.landed(key, match: match, facts: facts, isRefreshed: false, isLogged: isLogged, now: context.now)
            } catch is FileError {
                unread.append(key)
            }
        }
        landed.removeFirst(piece.count)
        return unread
    }

    /// Looks at the next invalidated files.
    private mutating func lookAtWatched() throws {
        guard fills.isWatching, lastWatch.duration(to: context.now) >= FillGuard.watchPause else { return }
        lastWatch = context.now
        try lookAtRenewed(fills.nextWatched(), isLogged: nil)
    }

    /// Finds out whether a 304 has made invalidated files fresh again.
    ///
    /// - Parameter isLogged: whether the access log may still tell of it; nil: if there is one, and it is read first.
    private mutating func lookAtRenewed(_ keys: [ObjectKey], isLogged: Bool?) throws {
        var isLogged = isLogged
        for key in keys {
            guard let facts = try renewed(key), !fills.isProvenFresh(key, facts), let match = fills.match(key) else {
                continue
            }
            if isLogged == nil { isLogged = readLog() }
            fills.landed(
                key, match: match, facts: facts, isRefreshed: true, isLogged: isLogged == true, now: context.now)
        }
    }

    /// What a watched file tells if it is fresh again; nil when it is not, or is another file by now.
    private mutating func renewed(_ key: ObjectKey) throws -> FillFacts? {
        let found: FillFacts?
        do {
            found = try facts(key)
        } catch is FileError {
            return nil
        }
        guard let facts = found else {
            fills.unwatch(key)
            return nil
        }
        guard facts.validUntil >= context.clock.now.milliseconds / 1000 else { return nil }
        // A new file is reported by the watcher.
        return try context.index.entry(key)?.generation == facts.generation ? facts : nil
    }

    private func facts(_ key: ObjectKey) throws -> FillFacts? {
        guard case .open(let cache) = context.caches.lookup(key.cache) else { return nil }
        var buffer: [UInt8] = []
        return try cache.fillFacts(key, buffer: &buffer)
    }

    /// Reads what was added to the access log; false where there is none.
    private mutating func readLog() -> Bool {
        guard let fetches = log.read() else { return false }
        for fetch in fetches { fills.add(fetch) }
        return true
    }

    // MARK: Ending

    /// Ends the guards whose time is over: what is still unproven goes.
    ///
    /// None ends while there may be files that landed under it and were not looked at yet. What cannot be looked at or
    /// changed for now is left to the purge itself, which is applied once more for it: so no guard holds others up. Nor
    /// does one file keep the others of its guard: these go when its time is over, whatever holds the guard.
    private mutating func endGuards(
        _ commit: inout IndexCommit, _ marks: inout MarkKeeper, failedCaches: Set<UInt8>, unfinished: UnfinishedPurges
    ) throws {
        var ended: [(number: UInt64, key: QueueKey?)] = []
        let isCovered = { (key: QueueKey) in failedCaches.isEmpty || unfinished.isWaiting(key, for: failedCaches) }
        // To be applied once more first; or its purge is not done, or applied once more, and nothing can be left to it.
        let isHeld = { [repeats] (one: GuardTable.Guard) in
            repeats.contains(one.key) || unfinished.contains(one.key) && (one.needsRepeat || !isCovered(one.key))
        }
        let over = fills.ended(context.now, limit: Self.endsInRound) { one, isStuck in
            isHeld(one) || isStuck && unfinished.contains(one.key)
        }
        let held = Set(over.filter(isHeld).map(\.number))
        var change = Change()
        hasMoreToEnd = over.count == Self.endsInRound
        var filesLeft = Self.filesInRound
        for over in over {
            guard filesLeft > 0 else {
                hasMoreToEnd = true
                break
            }
            let (files, isLast) = fills.takeFiles(of: over.number, limit: filesLeft, context.now)
            filesLeft -= files.count
            try lookAtRenewed(files.filter(fills.isWatched), isLogged: false)
            let failed = try purger.purge(fills.lastRemovals(files), &fills, &commit, &marks)
            for file in files {
                if failed.contains(file) {
                    fills.keep(file, of: over.number)
                } else {
                    fills.forget(file, of: over.number)
                }
            }
            guard isLast, !held.contains(over.number) else { continue }
            // One that the same purge has had anew since stands for it.
            guard numbers[over.key].map({ $0 == over.number }) ?? true else {
                ended.append((over.number, nil))
                continue
            }
            let rest = fills.files(of: over.number)
            let isUnfinished = unfinished.contains(over.key)
            left.formUnion(rest)
            if isUnfinished, !rest.isEmpty { continue }
            numbers[over.key] = nil
            ended.append((over.number, over.key))
            // What is left is done by date, together with the rest of its purge.
            if isUnfinished { continue }
            let isCovered = isCovered(over.key)
            if over.needsRepeat || !rest.isEmpty || !isCovered, try store.record(over.key) != nil {
                var again = self.repeat(over.key)
                if !over.needsRepeat {
                    again.failed = try rest.compactMap { key in
                        try context.index.entry(key).map { FailedObject(key: key, generation: $0.generation) }
                    }
                    again.caches = isCovered ? [] : failedCaches
                }
                repeats.append(again)
            } else {
                store.remove(over.key, from: &change)
            }
        }
        guard !ended.isEmpty else { return }
        for (number, _) in ended { fills.remove(number) }
        if fills.table.isEmpty, repeats.isEmpty, left.isEmpty { store.removeAllSuspects(from: &change) }
        try context.database.write(change)
        context.standing?.ended(ended.compactMap(\.key))
    }

    private mutating func forgetJudged() throws {
        let judged = fills.takeJudged()
        guard !judged.isEmpty else { return }
        try context.database.write { change in
            for key in judged where !left.contains(key) { store.removeSuspect(key, from: &change) }
        }
    }
}
