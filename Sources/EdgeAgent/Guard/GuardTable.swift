import DequeModule
import PurgeModel

/// The purges that stand as guards, found by what an object is named by.
///
/// Where several guard the same name, the newest stands for all: a response older than an earlier purge is older than
/// it too. The names have room for so many; a zone that has used up its share of it is guarded by fewer that mean more
/// (``GuardGrain``), so that no purge ever waits, and no zone pays for another.
struct GuardTable {
    /// One purge that guards.
    struct Guard {
        /// Counts up in the order in which purges were begun.
        let number: UInt64
        let key: QueueKey
        /// Whose purge it is.
        let zone: String
        let mode: PurgeMode
        fileprivate(set) var span: GuardSpan
        /// When every fill has landed that may be older.
        let ends: ContinuousClock.Instant
        /// Whether the purge itself has been applied; until then the guard stays beyond its end.
        var isApplied = false
        /// Whether the purge is to be applied once more at the end, because not everything it concerns could be
        /// remembered.
        var needsRepeat = false
        /// Whether it means more than its purge names.
        fileprivate(set) var isCoarse = false
        /// Whether its time is over, or newer ones have all that it named.
        fileprivate var isOver = false
        fileprivate var covers: [Int] = []
    }

    /// What a standing guard says about an object.
    struct Match: Hashable {
        /// The newest guard that names the object.
        var number: UInt64
        /// The newest guard's zone.
        var zone: String
        /// `delete` if any that names it deletes.
        var mode: PurgeMode
        /// The newest guard's span.
        var span: GuardSpan
    }

    private var guards: [UInt64: Guard] = [:]
    /// Those whose time is not over, in the order in which they end; some may be gone already.
    private var order: Deque<UInt64> = []
    /// Those whose time is over and that still stand, in the same order, and those that newer ones stand for.
    private var over: [UInt64] = []
    private var nextNumber: UInt64 = 1
    private var deleting = GuardedNames()
    private var invalidating = GuardedNames()
    private var kinds: GuardNames.Kinds = []
    private var scopes = GuardScopes()
    /// The names of each zone.
    private var shares: FairShares
    /// Guards that mean more than their purges name.
    private(set) var coarseCount = 0

    /// Names that stand at once.
    ///
    /// One zone alone gets half: a minute's worth of the 5,000 a second that are the highest
    /// limit in Cloudflare's documents.
    static let namesMax = 600_000

    init(namesMax: Int = Self.namesMax) { shares = FairShares(max: namesMax) }

    var isEmpty: Bool { guards.isEmpty }
    var count: Int { guards.count }
    /// Names that stand, each once for each mode.
    var nameCount: Int { deleting.count + invalidating.count }
    /// One that stands.
    func one(_ number: UInt64) -> Guard? { guards[number] }
    /// The guard that ends first.
    var first: Guard? { (over.first ?? order.first).flatMap { guards[$0] } }
    /// Whether the time of some is over.
    func hasOver(_ now: ContinuousClock.Instant) -> Bool { !over.isEmpty || nextEnd.map { $0 <= now } ?? false }
    /// When the next guard's time is over; nil when none waits for its time.
    var nextEnd: ContinuousClock.Instant? { order.first.flatMap { guards[$0]?.ends } }

    /// The guards that may end by now, oldest first: those whose time is over and whose purge has been applied.
    ///
    /// So may those that name nothing any more that a newer one does not: they would pile up where one zone is purged
    /// again and again.
    ///
    /// - Parameter isHeld: whether something else keeps a guard; however many are kept, others may end.
    mutating func ended(
        _ now: ContinuousClock.Instant, limit: Int, isHeld: (Guard) -> Bool = { _ in false }
    ) -> [Guard] {
        while let next = order.first, let found = guards[next], found.ends <= now {
            order.removeFirst()
            isOver(next)
            dropGone()
        }
        var ended: [Guard] = []
        for number in over {
            guard ended.count < limit else { break }
            guard let found = guards[number], found.isApplied, !isHeld(found) else { continue }
            ended.append(found)
        }
        return ended
    }

    private mutating func dropGone() { while let first = order.first, guards[first] == nil { order.removeFirst() } }

    private mutating func isOver(_ number: UInt64) {
        guard guards[number]?.isOver == false else { return }
        guards[number]?.isOver = true
        over.append(number)
    }

    // MARK: Changing

    /// Adds a guard; returns its number.
    ///
    /// - Parameter names: what its purge names, as exactly as asked.
    mutating func add(
        _ key: QueueKey, zone: String, mode: PurgeMode, span: GuardSpan, ends: ContinuousClock.Instant,
        names: (GuardGrain) -> GuardNames.OfPurge
    ) -> UInt64 {
        let number = nextNumber
        nextNumber += 1
        guards[number] = Guard(number: number, key: key, zone: zone, mode: mode, span: span, ends: ends)
        order.append(number)
        for grain in GuardGrain.allCases {
            let names = names(grain)
            let covers = scopes.begin(names.patterns)
            let scoped = covers.flatMap { cover in names.scoped.map { GuardNames.covered($0, by: cover) } }
            let all = names.whole + scoped
            guard hasRoom(for: grain, all, number) else {
                scopes.end(covers)
                continue
            }
            kinds.formUnion(names.kinds)
            guards[number]?.covers = covers
            if grain != .exact { isCoarse(number) }
            keep(all, number)
            break
        }
        return number
    }

    /// Adds names to a guard that stands.
    ///
    /// - Parameter coarser: fewer that mean all of these, for where there is no room; without room for them either the
    ///   purge is applied once more at the guard's end.
    mutating func extend(_ number: UInt64, _ names: GuardNames.OfPurge, coarser: () -> GuardNames.OfPurge) {
        guard let extended = guards[number], !names.whole.isEmpty else { return }
        if !extended.isCoarse, hasRoom(names.whole, number) {
            kinds.formUnion(names.kinds)
            return keep(names.whole, number)
        }
        let names = coarser()
        guard hasRoom(names.whole, number) else { return repeatAtEnd(number) }
        kinds.formUnion(names.kinds)
        isCoarse(number)
        keep(names.whole, number)
    }

    private mutating func isCoarse(_ number: UInt64) {
        guard guards[number]?.isCoarse == false else { return }
        guards[number]?.isCoarse = true
        coarseCount += 1
    }

    /// Whether names of so fine a grain may be kept.
    ///
    /// Scopes are as few as zones have, and a purge without one mostly names one host: these need no share.
    private func hasRoom(for grain: GuardGrain, _ names: [Int], _ number: UInt64) -> Bool {
        switch grain {
        case .exact, .hosts: hasRoom(names, number)
        case .scope: nameCount + names.count <= 2 * shares.max
        case .all: true
        }
    }

    /// Whether a guard's zone may have these names too; those that it has already need no room.
    private func hasRoom(_ names: [Int], _ number: UInt64) -> Bool {
        guard let one = guards[number] else { return false }
        let room = shares.room(of: one.zone)
        if names.count <= room { return true }
        let kept = one.mode == .delete ? deleting : invalidating
        var new = 0
        // Names that were given together mostly have one owner.
        var last: (owner: UInt64, isOfZone: Bool)?
        for name in names {
            if let owner = kept.owner(of: name) {
                let isOfZone = last?.owner == owner ? last?.isOfZone : guards[owner]?.zone == one.zone
                last = (owner, isOfZone ?? false)
                if isOfZone == true { continue }
            }
            new += 1
            if new > room { return false }
        }
        return true
    }

    private mutating func keep(_ names: [Int], _ number: UInt64) {
        guard let one = guards[number] else { return }
        let given = one.mode == .delete ? deleting.give(names, to: number) : invalidating.give(names, to: number)
        for (older, count) in given.taken {
            guard let owner = guards[older] else { continue }
            shares.giveBack(count, of: owner.zone)
            endIfReplaced(older)
        }
        shares.take(given.count, for: one.zone)
    }

    /// Lets a guard end before its time if newer ones stand for all that it names.
    private mutating func endIfReplaced(_ number: UInt64) {
        guard let one = guards[number], one.isApplied, !one.needsRepeat, nameCount(of: one) == 0 else { return }
        isOver(number)
    }

    private func nameCount(of one: Guard) -> Int {
        one.mode == .delete ? deleting.count(of: one.number) : invalidating.count(of: one.number)
    }

    /// Gives a guard another span; its place among those that end stays.
    mutating func renew(_ number: UInt64, _ span: GuardSpan) { guards[number]?.span = span }

    /// Takes note that a guard's purge has been applied.
    mutating func applied(_ number: UInt64) {
        guards[number]?.isApplied = true
        endIfReplaced(number)
    }

    /// Has a guard's purge applied once more at its end.
    mutating func repeatAtEnd(_ number: UInt64) { guards[number]?.needsRepeat = true }

    /// Takes away a guard.
    mutating func remove(_ number: UInt64) {
        guard let gone = guards.removeValue(forKey: number) else { return }
        dropGone()
        if let place = over.firstIndex(of: number) { over.remove(at: place) }
        scopes.end(gone.covers)
        shares.giveBack(gone.mode == .delete ? deleting.remove(number) : invalidating.remove(number), of: gone.zone)
        if gone.isCoarse { coarseCount -= 1 }
        if guards.isEmpty { kinds = [] }
    }

    // MARK: Asking about objects

    /// What the standing guards say about an object; nil when none names it.
    func match(_ object: StoredObject) -> Match? {
        guard !guards.isEmpty else { return nil }
        var deletes: UInt64 = 0
        var invalidates: UInt64 = 0
        let covers = kinds.isDisjoint(with: [.tags, .everything]) ? [] : scopes.covers(of: object.reversedHosts)
        GuardNames.forEachName(of: object, kinds, covers: covers) { name in
            if let number = deleting.owner(of: name) { deletes = max(deletes, number) }
            if !invalidating.isEmpty, let number = invalidating.owner(of: name) {
                invalidates = max(invalidates, number)
            }
        }
        let number = max(deletes, invalidates)
        var match = match(number)
        if deletes > 0 { match?.mode = .delete }
        return match
    }

    /// What one guard says about what it names.
    func match(_ number: UInt64) -> Match? {
        guards[number].map {
            Match(number: number, zone: $0.zone, mode: $0.mode, span: $0.span)
        }
    }
}
