import DequeModule
import PurgeModel

/// Catches responses that were fetched from the origin before a purge and stored after it.
///
/// Pure: it is told what happens and when, and says which files to purge again. The rule is in
/// `docs/decisions/0009-what-a-guard-lets-stay.md`:
/// - what was certainly fetched before the purge is purged whenever it lands,
/// - what the access log shows to be fetched after it stays,
/// - of the rest, the first that lands under a name is purged at once; what lands there later stays until the guard
///   ends, and is purged then.
struct FillGuard {
    /// A file to be purged again.
    struct Removal: Hashable {
        /// Why.
        enum Reason: Hashable {
            /// It was fetched before the purge.
            case stale
            /// Nobody knows when it was fetched: the one extra miss.
            case unproven
            /// Nobody knows, and the guard ends.
            case last
        }

        var key: ObjectKey
        var mode: PurgeMode
        var reason: Reason
        /// When it landed: milliseconds since 1970.
        var landed: Int64
    }

    /// A file, for the sake of a zone's purge.
    private struct Watched: Sendable {
        let key: ObjectKey
        let zone: String
    }

    private(set) var table: GuardTable
    private(set) var evidence = FetchEvidence()
    private var files: [ObjectKey: GuardedFile] = [:]
    /// The files of each zone.
    private var fileShares: FairShares
    private var filesOf: [UInt64: [ObjectKey]] = [:]
    private var waiting: Set<ObjectKey> = []
    /// Those among them that could not be purged; each is tried again when its time has come.
    private var stuck: Set<ObjectKey> = []
    /// Invalidated files, by the zone of their purge; some may not be watched any more.
    private var watched = FairLanes<String, Watched>()
    private var watchShares = FairShares(max: watchedMax)
    /// Files whose judgement has come to an end since ``takeJudged()``.
    private var judged: [ObjectKey] = []
    /// Content that the last ``removals(_:limit:)`` found to be newer than its guard.
    private var found: [(place: ObjectKey, landed: Int64, number: UInt64)] = []
    private var lateFills = 0
    /// Objects that were let stay because it is known that they are new.
    private(set) var provenFresh = 0

    /// Files remembered at once, about 200 bytes each; one zone alone gets half.
    ///
    /// Beyond its share a zone's file without proof is purged each time it lands, not only the first time.
    static let filesMax = 200_000
    /// Invalidated files looked at again and again, of one purge and of all; one zone alone gets half.
    ///
    /// A purge with more is applied once more at its guard's end instead.
    private static let watchedOfOneMax = 2048
    private static let watchedMax = 16_384
    /// How long the access log is waited for.
    ///
    /// nginx writes the line right after the file, and a line about an old response is acted on when it comes; but on a
    /// busy machine nginx may have to wait for a processor in between, and a new object must not be lost for that.
    static let settleTime = Duration.milliseconds(250)
    /// How often the access log is looked at while something waits for it.
    static let logPause = Duration.milliseconds(2)
    /// How often invalidated files are looked at, and how many at once.
    static let watchPause = Duration.milliseconds(25)
    static let watchStep = 128

    init(namesMax: Int = GuardTable.namesMax, filesMax: Int = Self.filesMax) {
        table = GuardTable(namesMax: namesMax)
        fileShares = FairShares(max: filesMax)
    }

    // MARK: Purges

    /// Begins to guard; returns the number of the guard.
    ///
    /// - Parameter names: what the purge names, as exactly as asked.
    mutating func begin(
        _ key: QueueKey, zone: String, mode: PurgeMode, span: GuardSpan, ends: ContinuousClock.Instant,
        names: (GuardGrain) -> GuardNames.OfPurge
    ) -> UInt64 {
        table.add(key, zone: zone, mode: mode, span: span, ends: ends, names: names)
    }

    /// Guards an URL too: the purge named one of its variants or slices by a tag that the others may not have.
    mutating func extend(_ number: UInt64, reversedHosts: [[UInt8]], targets: [[UInt8]]) {
        table.extend(number, GuardNames.url(reversedHosts: reversedHosts, targets: targets)) {
            GuardNames.hosts(reversedHosts)
        }
    }

    /// Guards what its purge names under other cache keys too.
    mutating func extend(_ number: UInt64, names: (GuardGrain) -> GuardNames.OfPurge) {
        table.extend(number, names(.exact)) { names(.hosts) }
    }

    mutating func applied(_ number: UInt64) { table.applied(number) }

    /// Watches files that a purge has invalidated: a 304 that is on its way would make them fresh again.
    mutating func watch(_ invalidated: [ObjectKey], _ number: UInt64) {
        guard let match = table.match(number) else { return }
        for file in invalidated {
            guard filesOf[number, default: []].count < Self.watchedOfOneMax, watchShares.room(of: match.zone) > 0,
                files[file] != nil || !isCrowded(match.zone)
            else { return table.repeatAtEnd(number) }
            adopt(file, match)
            startWatching(file)
        }
    }

    /// Takes the next files of a guard that ends, at most `limit`.
    ///
    /// What has failed before and is not to be tried again yet is left. Tell of each file what has become of it: with
    /// ``forget(_:of:)``, or with ``keep(_:of:)``.
    ///
    /// - Returns: the files, and whether there are no more.
    mutating func takeFiles(
        of number: UInt64, limit: Int, _ now: ContinuousClock.Instant
    ) -> (files: [ObjectKey], isLast: Bool) {
        var names = filesOf.removeValue(forKey: number) ?? []
        var (taken, left): ([ObjectKey], [ObjectKey]) = ([], [])
        // One that was forgotten and landed again is in the list twice.
        var seen: Set<ObjectKey> = []
        while taken.count < limit, let name = names.popLast() {
            guard let file = files[name], file.match.number == number, seen.insert(name).inserted else { continue }
            if stuck.contains(name), !file.backoff.isDue(now) { left.append(name) } else { taken.append(name) }
        }
        let isLast = names.isEmpty
        if !isLast || !left.isEmpty { filesOf[number] = names + left }
        return (taken, isLast)
    }

    /// A file of a guard that ends could not be purged.
    mutating func keep(_ name: ObjectKey, of number: UInt64) { filesOf[number, default: []].append(name) }

    /// The files that a guard still has.
    func files(of number: UInt64) -> [ObjectKey] { filesOf[number] ?? [] }

    /// What is to be purged of these files when their guard ends: whatever is still unproven.
    func lastRemovals(_ names: [ObjectKey]) -> [Removal] {
        names.compactMap { name in
            guard let file = files[name] else { return nil }
            switch file.state {
            case .settled, .fresh: return nil
            // It landed while something held the guard beyond its end.
            case .waiting where file.isNewerThanWindow: return nil
            case .waiting, .unproven: return removal(name, file: file, reason: .last)
            }
        }
    }

    /// Whether a file is invalidated, and looked at a last time when its guard ends.
    func isWatched(_ name: ObjectKey) -> Bool { files[name]?.isWatched == true }

    /// Forgets a file of a guard.
    mutating func forget(_ name: ObjectKey, of number: UInt64) {
        guard let file = files[name], file.match.number == number else { return }
        if file.state == .unproven || waiting.remove(name) != nil { judged.append(name) }
        stuck.remove(name)
        drop(name)
    }

    /// Forgets a guard and all that is known for it.
    mutating func remove(_ number: UInt64) {
        for name in filesOf.removeValue(forKey: number) ?? [] { forget(name, of: number) }
        table.remove(number)
        if table.isEmpty {
            evidence.removeAll()
            watched = FairLanes()
            watchShares = FairShares(max: Self.watchedMax)
        }
    }

    // MARK: Files

    /// Takes note of a file that landed, or that a 304 made fresh again, and that a guard names.
    ///
    /// - Parameter isLogged: whether the access log may still tell when it was fetched.
    mutating func landed(
        _ name: ObjectKey, match: GuardTable.Match, facts: FillFacts, isRefreshed: Bool, isLogged: Bool,
        now: ContinuousClock.Instant
    ) {
        adopt(name, match)
        guard var file = files[name] else { return }
        if file.facts?.generation == facts.generation, file.facts?.changed == facts.changed, file.state != .settled {
            // Known already. That it was stored anew says more than that it is fresh again.
            if !isRefreshed { files[name]?.isRefreshed = false }
            return
        }
        file.previous = file.facts?.changed
        file.facts = facts
        file.isRefreshed = isRefreshed
        file.state = .waiting(until: isLogged ? now.advanced(by: Self.settleTime) : now)
        files[name] = file
        waiting.insert(name)
    }

    /// Takes note of fetches that the access log tells of.
    mutating func add(_ line: FetchLine) { evidence.add(line) }

    /// Judges what has landed; returns what is to be purged, at most `limit`.
    ///
    /// Tell each with ``removed(_:)`` once it is; until then it is returned again.
    mutating func removals(_ now: ContinuousClock.Instant, limit: Int = .max) -> [Removal] {
        var removals: [Removal] = []
        found = []
        for name in waiting {
            guard removals.count < limit else { break }
            guard let file = files[name], case .waiting(let until) = file.state else {
                waiting.remove(name)
                stuck.remove(name)
                continue
            }
            guard file.backoff.isDue(now) else { continue }
            switch file.verdict(evidence) {
            case .stale:
                removals.append(removal(name, file: file, reason: .stale))
            // A line about an older fill may still come.
            case .fresh where now < until, .unknown where now < until: break
            case .fresh:
                provenFresh += 1
                if let facts = file.facts { found.append((name, facts.changed, file.match.number)) }
                settle(name, .fresh)
            case .unknown where file.spent < file.match.number || isCrowded(file.match.zone):
                removals.append(removal(name, file: file, reason: .unproven))
            case .unknown:
                settle(name, .unproven)
            }
        }
        return removals
    }

    /// Takes note of how often the caches above have taken out what may have been older than a purge.
    ///
    /// What is unproven may be just that, and is purged at once as if it were the first; once for each guard, since
    /// nobody tells of which pages it was.
    mutating func heard(lateFills: Int, _ now: ContinuousClock.Instant) {
        guard lateFills != self.lateFills else { return }
        self.lateFills = lateFills
        for (name, file) in files where file.state == .unproven && file.doubted < file.match.number {
            files[name]?.doubted = file.match.number
            files[name]?.spent = 0
            files[name]?.state = .waiting(until: now)
            waiting.insert(name)
        }
    }

    /// Takes note that a file was purged, or that it was not there any more.
    mutating func removed(_ removal: Removal) {
        guard let file = files[removal.key] else { return }
        if removal.reason == .unproven { files[removal.key]?.spent = file.match.number }
        settle(removal.key, .settled)
        guard removal.mode == .invalidate else { return }
        if files[removal.key] != nil { startWatching(removal.key) } else { table.repeatAtEnd(file.match.number) }
    }

    /// Takes note that a file could not be purged.
    mutating func failed(_ removal: Removal, _ now: ContinuousClock.Instant) {
        guard files[removal.key] != nil else { return }
        files[removal.key]?.backoff.failed(now)
        stuck.insert(removal.key)
    }

    /// The files whose judgement has come to an end since the last call.
    mutating func takeJudged() -> [ObjectKey] {
        defer { judged = [] }
        return judged
    }

    /// What the last ``removals(_:limit:)`` found to be newer than a purge and all before it, and when it landed.
    var proofs: [(place: ObjectKey, landed: Int64, key: QueueKey)] {
        found.compactMap { proof in table.one(proof.number).map { (proof.place, proof.landed, $0.key) } }
    }

    /// The next invalidated files to look at, at most ``watchStep``; each zone in its turn.
    mutating func nextWatched() -> [ObjectKey] {
        var next: [Watched] = []
        for _ in 0..<min(watched.count, Self.watchStep) {
            guard let one = watched.next() else { break }
            if files[one.key]?.isWatched == true {
                next.append(one)
            } else {
                watchShares.giveBack(1, of: one.zone)
            }
        }
        for one in next { watched.append(one, for: one.zone) }
        return next.map(\.key)
    }

    /// Stops watching a file that is gone.
    mutating func unwatch(_ name: ObjectKey) { files[name]?.isWatched = false }

    /// What the guards say about a file that is watched.
    func match(_ name: ObjectKey) -> GuardTable.Match? { files[name]?.match }

    /// Whether a file's present content is known to be fetched after the purge.
    func isProvenFresh(_ name: ObjectKey, _ facts: FillFacts) -> Bool {
        files[name]?.state == .fresh && files[name]?.facts?.changed == facts.changed
    }

    /// Whether something could not be purged.
    var hasFailed: Bool { !stuck.isEmpty }

    /// The guards that may end by now, see ``GuardTable/ended(_:limit:isHeld:)``, and those that may not and have
    /// files that can be purged.
    ///
    /// - Parameter isHeld: whether something else keeps a guard; it is told whether files of it could not be purged and
    ///   are not to be tried again yet.
    mutating func ended(
        _ now: ContinuousClock.Instant, limit: Int, isHeld: (GuardTable.Guard, _ isStuck: Bool) -> Bool
    ) -> [GuardTable.Guard] {
        var stuckCounts: [UInt64: Int] = [:]
        for name in stuck {
            guard let file = files[name], !file.backoff.isDue(now) else { continue }
            stuckCounts[file.match.number, default: 0] += 1
        }
        return table.ended(now, limit: limit) { [filesOf] one in
            let count = stuckCounts[one.number] ?? 0
            return isHeld(one, count > 0) && filesOf[one.number]?.count ?? 0 <= count
        }
    }

    /// Whether something waits for the access log.
    var isWaiting: Bool { waiting.count > stuck.count }
    /// Whether invalidated files are to be looked at.
    var isWatching: Bool { !watched.isEmpty }

    /// How long nothing has to be done; nil: for ever.
    func pause(_ now: ContinuousClock.Instant) -> Duration? {
        if isWaiting { return Self.logPause }
        // One that stands beyond its end waits for something else, and not for time.
        let rest = table.nextEnd.map { max(.zero, now.duration(to: $0)) }
        return isWatching ? min(Self.watchPause, rest ?? Self.watchPause) : rest
    }

    // MARK: Inside

    /// Whether a zone has used up its share of the files that are remembered.
    private func isCrowded(_ zone: String) -> Bool { fileShares.room(of: zone) == 0 }

    /// Puts a file under a guard, unless a newer one has it.
    private mutating func adopt(_ name: ObjectKey, _ match: GuardTable.Match) {
        if let known = files[name] {
            guard known.match.number < match.number else { return }
            fileShares.giveBack(1, of: known.match.zone)
        }
        fileShares.take(1, for: match.zone)
        files[name, default: GuardedFile(match)].match = match
        filesOf[match.number, default: []].append(name)
    }

    private mutating func drop(_ name: ObjectKey) {
        guard let file = files.removeValue(forKey: name) else { return }
        fileShares.giveBack(1, of: file.match.zone)
    }

    private mutating func startWatching(_ name: ObjectKey) {
        guard let file = files[name], !file.isWatched else { return }
        files[name]?.isWatched = true
        watched.append(Watched(key: name, zone: file.match.zone), for: file.match.zone)
        watchShares.take(1, for: file.match.zone)
    }

    private mutating func settle(_ name: ObjectKey, _ state: GuardedFile.State) {
        waiting.remove(name)
        stuck.remove(name)
        files[name]?.state = state
        files[name]?.backoff = Backoff()
        if state != .unproven { judged.append(name) }
        // Too many to remember: the next time it is judged as if it were the first. What is unproven has to go at the
        // end.
        guard state != .unproven, let file = files[name], isCrowded(file.match.zone) else { return }
        if file.isWatched { table.repeatAtEnd(file.match.number) }
        drop(name)
    }

    private func removal(_ name: ObjectKey, file: GuardedFile, reason: Removal.Reason) -> Removal {
        Removal(key: name, mode: file.match.mode, reason: reason, landed: file.facts?.changed ?? 0)
    }
}
