import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct FillGuardTests {
    private let name: ObjectKey
    private let key = QueueKey(partition: 0, epoch: 0, offset: 0)
    private let now = ContinuousClock.now
    /// When the purges of these tests were queued.
    private static let reference: Int64 = 1_795_000_000_500

    init() throws {
        let text = try #require(CacheFileName(String(repeating: "a", count: 32)))
        name = ObjectKey.file(cache: 0, name: text, levels: .none)
    }

    // MARK: Under simulated time

    @Test func `with the access log nothing old stays, and a hot object is missed once at most`() {
        var (stale, fresh) = (0, 0)
        for _ in 0..<100 {
            let random = SeededGenerator()
            var simulation = FillSimulation(random, .init(isLogged: true, isLocked: true), name: name)
            let outcome = simulation.run()
            check(outcome.longestStale <= 20, "\(outcome), seed \(random.seed)")
            check(!outcome.isStaleAtEnd, "\(outcome), seed \(random.seed)")
            check(outcome.extraMisses <= 1, "\(outcome), seed \(random.seed)")
            stale += outcome.staleLandings
            fresh += outcome.landings - outcome.staleLandings
        }
        #expect(stale > 10 && fresh > 50)
    }

    @Test func `with the access log and fills side by side nothing old stays`() {
        var stale = 0
        for _ in 0..<100 {
            let random = SeededGenerator()
            var simulation = FillSimulation(random, .init(isLogged: true, isLocked: false), name: name)
            let outcome = simulation.run()
            check(outcome.longestStale <= 20, "\(outcome), seed \(random.seed)")
            check(!outcome.isStaleAtEnd, "\(outcome), seed \(random.seed)")
            // A new response may go because an old one landed right beside it, and one more because two landed within
            // milliseconds and nobody can tell whose line is whose.
            check(outcome.extraMisses <= 2 + outcome.staleLandings, "\(outcome), seed \(random.seed)")
            stale += outcome.staleLandings
        }
        #expect(stale > 50)
    }

    @Test func `without the log nothing old stays where one request fetches at a time, for two extra misses at most`() {
        for _ in 0..<100 {
            let random = SeededGenerator()
            var simulation = FillSimulation(random, .init(isLogged: false, isLocked: true), name: name)
            let outcome = simulation.run()
            check(outcome.longestStale <= 20, "\(outcome), seed \(random.seed)")
            check(!outcome.isStaleAtEnd, "\(outcome), seed \(random.seed)")
            check(outcome.extraMisses <= 2, "\(outcome), seed \(random.seed)")
        }
    }

    @Test func `without log and lock nothing old stays beyond the window`() {
        for _ in 0..<100 {
            let random = SeededGenerator()
            var simulation = FillSimulation(random, .init(isLogged: false, isLocked: false), name: name)
            let outcome = simulation.run()
            check(!outcome.isStaleAtEnd, "\(outcome), seed \(random.seed)")
            check(outcome.extraMisses <= 2, "\(outcome), seed \(random.seed)")
        }
    }

    // MARK: One by one

    private func begin(_ guardian: inout FillGuard, mode: PurgeMode = .delete) throws -> GuardTable.Match {
        let number = guardian.begin(
            key, zone: "z", mode: mode, span: GuardSpan(from: Self.reference, window: .seconds(60)),
            ends: now + .seconds(60)
        ) { _ in GuardNames.OfPurge(whole: [1], kinds: .urls) }
        guardian.applied(number)
        return try #require(guardian.table.match(number))
    }

    /// A file that landed so many milliseconds after the purge.
    private func facts(_ landed: Int64, head: Int64? = nil, generation: UInt64 = 1) -> FillFacts {
        let head = Self.reference + (head ?? landed)
        return FillFacts(
            key: 7, generation: generation, born: head, changed: Self.reference + landed, date: head / 1000,
            validUntil: .max)
    }

    private func line(_ began: Int64, _ logged: Int64, head: Int64? = nil) -> FetchLine {
        FetchLine(
            logged: Self.reference + logged, requested: Self.reference + began, headerTime: head.map { $0 - began },
            key: 7)
    }

    private func landed(_ guardian: inout FillGuard, _ facts: FillFacts, isLogged: Bool = true) throws {
        let match = try #require(guardian.table.match(1))
        guardian.landed(name, match: match, facts: facts, isRefreshed: false, isLogged: isLogged, now: now)
    }

    @Test func `what had its head before the purge goes at once, each time`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        for generation in 1...3 {
            try landed(&guardian, facts(Int64(generation) * 1000, head: -15, generation: UInt64(generation)))
            let removals = guardian.removals(now)
            #expect(removals.map(\.reason) == [.stale])
            removals.forEach { guardian.removed($0) }
        }
    }

    @Test func `a removal is told until it is done`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        try landed(&guardian, facts(1000, head: -15))
        #expect(guardian.removals(now).count == 1)
        #expect(guardian.removals(now).count == 1)
        guardian.removed(try #require(guardian.removals(now).first))
        #expect(guardian.removals(now).isEmpty)
    }

    @Test func `a line that comes after the file decides`() throws {
        for (began, isKept) in [(Int64(-1), false), (0, false), (1, true)] {
            var guardian = FillGuard()
            _ = try begin(&guardian)
            try landed(&guardian, facts(2500))
            #expect(guardian.removals(now).isEmpty)
            guardian.add(line(began, 2499))
            let later = now + FillGuard.settleTime
            #expect(guardian.removals(later).map(\.reason) == (isKept ? [] : [.stale]))
            #expect(guardian.provenFresh == (isKept ? 1 : 0))
        }
    }

    @Test func `a request beside the cache does not prove that a file is new`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        try landed(&guardian, facts(3000, head: 100))
        var beside = line(2990, 3000)
        beside.isStored = false
        guardian.add(beside)
        #expect(guardian.removals(now + FillGuard.settleTime).map(\.reason) == [.unproven])
        #expect(guardian.provenFresh == 0)
    }

    @Test func `a request that waited for another one's fill is known by the time of its head`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        try landed(&guardian, facts(3000, head: 2900))
        // Came before the purge, was let through after 2 s, had its answer 400 ms later.
        guardian.add(FetchLine(logged: Self.reference + 3000, requested: Self.reference - 100, headerTime: 400, key: 7))
        #expect(guardian.removals(now + FillGuard.settleTime).isEmpty)
        #expect(guardian.provenFresh == 1)
        // Nobody has to ask for what was proven: it is told once, and not kept.
        #expect(guardian.proofs.map(\.place) == [name] && guardian.proofs.map(\.key) == [key])
        #expect(guardian.removals(now + FillGuard.settleTime).isEmpty && guardian.proofs.isEmpty)
    }

    @Test func `a line about what the purge has purged does not make the next one old`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        guardian.add(line(-20, -10))
        try landed(&guardian, facts(12))
        guardian.add(line(10, 12))
        #expect(guardian.removals(now + FillGuard.settleTime).isEmpty)
        #expect(guardian.provenFresh == 1)
    }

    @Test func `a line about the file before proves nothing`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        try landed(&guardian, facts(1000))
        guardian.add(line(500, 1000))
        #expect(guardian.removals(now + FillGuard.settleTime).isEmpty)
        try landed(&guardian, facts(1060, generation: 2))
        #expect(guardian.removals(now + FillGuard.settleTime).map(\.reason) == [.unproven])
    }

    @Test func `the first without proof goes at once, the second when the guard ends`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        try landed(&guardian, facts(1000), isLogged: false)
        let first = guardian.removals(now)
        #expect(first.map(\.reason) == [.unproven])
        first.forEach { guardian.removed($0) }
        try landed(&guardian, facts(2000, generation: 2), isLogged: false)
        #expect(guardian.removals(now).isEmpty)
        let early = guardian.ended(now)
        #expect(early == nil)
        let over = guardian.ended(now + .seconds(60))
        let end = try #require(over)
        #expect(guardian.takeFiles(of: end.number, limit: 0, now).isLast == false)
        let (files, isLast) = guardian.takeFiles(of: end.number, limit: 10, now)
        #expect(isLast && guardian.lastRemovals(files).map(\.reason) == [.last])
        guardian.removeFirst()
        #expect(guardian.pause(now) == nil)
        #expect(guardian.table.isEmpty)
    }

    /// Attack: of two responses without proof one could not be changed, and its purge waited for that: the other, for
    /// which an earlier purge had been told as applied, stayed until the first was tried again.
    @Test func `a file that cannot be purged does not keep the others of its guard`() throws {
        var guardian = FillGuard()
        let match = try begin(&guardian)
        let other = ObjectKey.file(
            cache: 0, name: try #require(CacheFileName(String(repeating: "b", count: 32))), levels: .none)
        let store = { (guardian: inout FillGuard, key: ObjectKey, facts: FillFacts) in
            guardian.landed(key, match: match, facts: facts, isRefreshed: false, isLogged: false, now: now)
        }
        store(&guardian, other, facts(1000))
        guardian.removals(now).forEach { guardian.removed($0) }
        store(&guardian, other, facts(2000, generation: 2))
        store(&guardian, name, facts(1000))
        let end = now + .seconds(60)
        guardian.removals(end).forEach { guardian.failed($0, end) }
        let over = guardian.ended(end, limit: 1) { _, isStuck in isStuck }
        #expect(over.map(\.number) == [match.number])
        let (files, isLast) = guardian.takeFiles(of: match.number, limit: 10, end)
        #expect(files == [other] && isLast)
        #expect(guardian.lastRemovals(files).map(\.reason) == [.last])
        guardian.forget(other, of: match.number)
        #expect(guardian.ended(end, limit: 1) { _, isStuck in isStuck }.isEmpty, "there is nothing to do for now")

        // While it is held, what is certainly new stays.
        store(&guardian, other, facts(70_000, generation: 3))
        #expect(guardian.ended(end, limit: 1) { _, isStuck in isStuck }.count == 1)
        #expect(guardian.lastRemovals(guardian.takeFiles(of: match.number, limit: 10, end).files).isEmpty)
    }

    @Test func `a new purge gives a new extra miss, and takes the file over`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        try landed(&guardian, facts(1000), isLogged: false)
        guardian.removals(now).forEach { guardian.removed($0) }
        let second = try begin(&guardian)
        guardian.landed(
            name, match: second, facts: facts(2000, generation: 2), isRefreshed: false, isLogged: false, now: now)
        #expect(guardian.removals(now).map(\.reason) == [.unproven])
    }

    @Test func `what is unproven goes at once when the caches above had something old`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        try landed(&guardian, facts(1000), isLogged: false)
        for removal in guardian.removals(now) { guardian.removed(removal) }
        try landed(&guardian, facts(2000, generation: 2), isLogged: false)
        #expect(guardian.removals(now).isEmpty, "it stays until the guard ends")
        guardian.heard(lateFills: 1, now)
        #expect(guardian.removals(now).map(\.reason) == [.unproven])
        for removal in guardian.removals(now) { guardian.removed(removal) }
        // Attack: a late response a second, of other pages, took a page out each time.
        for count in 1...3 {
            guardian.heard(lateFills: count, now)
            try landed(&guardian, facts(3000, generation: 3), isLogged: false)
            #expect(guardian.removals(now).isEmpty)
        }
    }

    /// What came between the purge and the moment from which on nobody above has anything old.
    @Test func `a fetch proves nothing before the caches above are certain to have nothing old`() throws {
        var guardian = FillGuard()
        let span = GuardSpan(from: Self.reference, guardTime: .seconds(30), window: .seconds(60))
        let number = guardian.begin(key, zone: "z", mode: .delete, span: span, ends: now + .seconds(90)) { _ in
            GuardNames.OfPurge(whole: [1], kinds: .urls)
        }
        guardian.applied(number)
        for (began, reason) in [(-1, .stale), (10_000, .unproven), (30_500, nil)]
            as [(Int64, FillGuard.Removal.Reason?)]
        {
            guardian.add(line(began, began + 400))
            try landed(&guardian, facts(began + 400, generation: UInt64(began + 2)))
            let removals = guardian.removals(now + FillGuard.settleTime)
            #expect(removals.map(\.reason) == (reason.map { [$0] } ?? []), "began at \(began)")
            for removal in removals { guardian.removed(removal) }
        }
    }

    @Test func `a guard does not end before its purge is applied`() throws {
        var guardian = FillGuard()
        let number = guardian.begin(
            key, zone: "z", mode: .delete, span: GuardSpan(from: 0, window: .zero), ends: now
        ) { _ in GuardNames.OfPurge(whole: [1], kinds: .urls) }
        let early = guardian.ended(now + .seconds(100))
        #expect(early == nil)
        #expect(guardian.pause(now + .seconds(100)) == nil, "nothing comes with time")
        guardian.applied(number)
        let over = guardian.ended(now)
        #expect(over?.number == number)
    }

    @Test func `a head later than the window proves that the fetch is newer`() throws {
        var guardian = FillGuard()
        _ = try begin(&guardian)
        try landed(&guardian, facts(62_000), isLogged: false)
        #expect(guardian.removals(now).isEmpty)
        #expect(guardian.provenFresh == 1)
    }

    @Test func `with more files than can be remembered each goes each time`() throws {
        var guardian = FillGuard(filesMax: 2)
        let match = try begin(&guardian)
        var random = SeededGenerator()
        let names = try (0..<6).map { _ in
            ObjectKey.file(cache: 0, name: try #require(CacheFileName(random.fileName())), levels: .none)
        }
        for generation in 1...3 {
            for name in names {
                guardian.landed(
                    name, match: match, facts: facts(1000, generation: UInt64(generation)), isRefreshed: false,
                    isLogged: false,
                    now: now)
            }
            let removals = guardian.removals(now)
            #expect(removals.count == 6, "generation \(generation)")
            removals.forEach { guardian.removed($0) }
        }
    }

    @Test func `an invalidated file that cannot be remembered has the purge repeated`() throws {
        var guardian = FillGuard(filesMax: 1)
        let match = try begin(&guardian, mode: .invalidate)
        var random = SeededGenerator()
        for _ in 0..<3 {
            let name = ObjectKey.file(
                cache: 0, name: try #require(CacheFileName(random.fileName())), levels: .none)
            guardian.landed(name, match: match, facts: facts(1000), isRefreshed: false, isLogged: false, now: now)
        }
        guardian.removals(now).forEach { guardian.removed($0) }
        #expect(guardian.table.first?.needsRepeat == true)
    }

    @Test func `invalidated files are looked at in turns, and too many have the purge repeated`() throws {
        var guardian = FillGuard()
        let match = try begin(&guardian, mode: .invalidate)
        var random = SeededGenerator()
        let names = try (0..<300).map { _ in
            ObjectKey.file(cache: 0, name: try #require(CacheFileName(random.fileName())), levels: .none)
        }
        guardian.watch(names, match.number)
        var seen: Set<ObjectKey> = []
        for _ in 0..<3 { seen.formUnion(guardian.nextWatched()) }
        #expect(seen == Set(names))
        #expect(guardian.table.first?.needsRepeat == false)
        let many = try (0..<3000).map { _ in
            ObjectKey.file(cache: 0, name: try #require(CacheFileName(random.fileName())), levels: .none)
        }
        guardian.watch(many, match.number)
        #expect(guardian.table.first?.needsRepeat == true)
    }

    /// Attack: one zone invalidates thousands of pages, so that nobody looks at the one page of another zone.
    @Test func `zones are watched in turns, and one with many files leaves room for others`() throws {
        var guardian = FillGuard(filesMax: 1000)
        var random = SeededGenerator()
        func begin(_ zone: String, _ name: Int) throws -> GuardTable.Match {
            let number = guardian.begin(
                key, zone: zone, mode: .invalidate, span: GuardSpan(from: 0, window: .zero),
                ends: now + .seconds(60)
            ) { _ in GuardNames.OfPurge(whole: [name], kinds: .urls) }
            return try #require(guardian.table.match(number))
        }
        let names = try (0..<2000).map { _ in
            ObjectKey.file(cache: 0, name: try #require(CacheFileName(random.fileName())), levels: .none)
        }
        let big = try begin("big", 1)
        guardian.watch(names, big.number)
        #expect(guardian.table.first?.needsRepeat == true, "it has used up its share")
        let small = try begin("small", 2)
        guardian.watch([name], small.number)
        #expect(guardian.nextWatched().contains(name))
        #expect(guardian.isWatched(name))
        let ended = guardian.ended(now + .seconds(60), limit: 2) { _, _ in false }
        #expect(ended.isEmpty, "they are not applied")
        for number in [big.number, small.number] { guardian.remove(number) }
        #expect(guardian.table.isEmpty && !guardian.isWatching)
    }

    @Test func `a clock that was set back does not make an old fetch look new`() {
        var clock = WallClockReference(memory: .seconds(60), instant: now)
        clock.observe(Timestamp(milliseconds: 1_000_000), now)
        // Ten seconds later the clock has been set back by an hour.
        clock.observe(Timestamp(milliseconds: 1_010_000 - 3_600_000), now + .seconds(10))
        #expect(clock.milliseconds(now + .seconds(10)) == 1_010_000)
        clock.observe(Timestamp(milliseconds: 1_090_000 - 3_600_000), now + .seconds(90))
        #expect(clock.milliseconds(now + .seconds(90)) == 1_090_000)
        clock.observe(Timestamp(milliseconds: 1_200_000 - 3_600_000), now + .seconds(200))
        #expect(clock.milliseconds(now + .seconds(200)) == 1_200_000 - 3_600_000)
    }
}
