import DequeModule
import PurgeModel

/// The purges that stand as guards, found by what an object is named by.
///
/// Where several guard the same name, the newest stands for all: a response older than an earlier purge is older than
/// it too.
struct GuardTable {
    /// One purge that guards.
    struct Guard {
        /// Counts up in the order in which purges were begun.
        let number: UInt64
        let key: QueueKey
        let mode: PurgeMode
        /// What was fetched from the origin at or before this moment may be older than the purge: milliseconds since
        /// 1970.
        let reference: Int64
        /// What had its response head later than this was fetched after the purge, for no fetch takes longer:
        /// milliseconds since 1970.
        let until: Int64
        /// When every fill that began before the purge has landed.
        let ends: ContinuousClock.Instant
        /// Whether the purge itself has been applied; until then the guard stays beyond its end.
        var isApplied = false
        /// Whether the purge is to be applied once more at the end, because not everything it concerns could be
        /// remembered.
        var needsRepeat = false
        fileprivate var names: [Int] = []
        fileprivate var covers: [Int]
    }

    /// What a standing guard says about an object.
    struct Match: Hashable {
        /// The newest guard that names the object.
        var number: UInt64
        /// `delete` if any that names it deletes.
        var mode: PurgeMode
        /// The newest guard's reference.
        var reference: Int64
        /// The newest guard's end, in wall time.
        var until: Int64
    }

    private var guards: [UInt64: Guard] = [:]
    /// Those whose time is not over, in the order in which they end; some may be gone already.
    private var order: Deque<UInt64> = []
    /// Those whose time is over and that still stand, in the same order.
    private var over: [UInt64] = []
    private var nextNumber: UInt64 = 1
    private var deleting: [Int: UInt64] = [:]
    private var invalidating: [Int: UInt64] = [:]
    private var kinds: GuardNames.Kinds = []
    private var scopes = GuardScopes()
    private(set) var nameCount = 0

    /// Names that stand at once: 100 seconds' worth of the 5,000 a second that are the highest limit in Cloudflare's
    /// documents.
    private let namesMax: Int

    init(namesMax: Int = 500_000) { self.namesMax = namesMax }

    var isEmpty: Bool { guards.isEmpty }
    var count: Int { guards.count }
    /// Whether no further purge may begin.
    ///
    /// It waits in the queue, unacknowledged, until guards have ended: forgetting one instead would break what was
    /// confirmed.
    var isFull: Bool { nameCount >= namesMax }
    /// The guard that ends first.
    var first: Guard? { (over.first ?? order.first).flatMap { guards[$0] } }
    /// Whether the time of some is over.
    func hasOver(_ now: ContinuousClock.Instant) -> Bool { !over.isEmpty || nextEnd.map { $0 <= now } ?? false }
    /// When the next guard's time is over; nil when none waits for its time.
    var nextEnd: ContinuousClock.Instant? { order.first.flatMap { guards[$0]?.ends } }

    /// The guards that may end by now, oldest first: those whose time is over and whose purge has been applied.
    ///
    /// - Parameter isHeld: whether something else keeps a guard; however many are kept, others may end.
    mutating func ended(
        _ now: ContinuousClock.Instant, limit: Int, isHeld: (Guard) -> Bool = { _ in false }
    ) -> [Guard] {
        while let next = order.first, let found = guards[next], found.ends <= now {
            order.removeFirst()
            over.append(next)
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

    /// Adds a guard; returns its number.
    mutating func add(
        _ key: QueueKey, mode: PurgeMode, reference: Int64, until: Int64, ends: ContinuousClock.Instant,
        names: GuardNames.OfPurge
    ) -> UInt64 {
        let number = nextNumber
        nextNumber += 1
        let covers = scopes.begin(names.patterns)
        guards[number] = Guard(
            number: number, key: key, mode: mode, reference: reference, until: until, ends: ends, covers: covers)
        order.append(number)
        let scoped = covers.lazy.flatMap { cover in names.scoped.lazy.map { GuardNames.covered($0, by: cover) } }
        kinds.formUnion(names.kinds)
        // These always fit: no purge begins while there is no room.
        keep(names.whole, number)
        keep(scoped, number)
        return number
    }

    /// Adds names to a guard that stands; without room for them the purge is applied once more at its end.
    mutating func extend(_ number: UInt64, _ names: [Int], _ kinds: GuardNames.Kinds) {
        guard guards[number] != nil, !names.isEmpty else { return }
        guard !isFull else { return repeatAtEnd(number) }
        self.kinds.formUnion(kinds)
        keep(names, number)
    }

    private mutating func keep(_ names: some Sequence<Int>, _ number: UInt64) {
        guard var kept = guards.removeValue(forKey: number) else { return }
        for name in names where (kept.mode == .delete ? deleting[name] : invalidating[name]) ?? 0 < number {
            if kept.mode == .delete { deleting[name] = number } else { invalidating[name] = number }
            kept.names.append(name)
            nameCount += 1
        }
        guards[number] = kept
    }

    /// Takes note that a guard's purge has been applied.
    mutating func applied(_ number: UInt64) { guards[number]?.isApplied = true }

    /// Has a guard's purge applied once more at its end.
    mutating func repeatAtEnd(_ number: UInt64) { guards[number]?.needsRepeat = true }

    /// Takes away a guard.
    mutating func remove(_ number: UInt64) {
        guard let gone = guards.removeValue(forKey: number) else { return }
        dropGone()
        if let place = over.firstIndex(of: number) { over.remove(at: place) }
        nameCount -= gone.names.count
        scopes.end(gone.covers)
        for name in gone.names {
            if gone.mode == .delete {
                if deleting[name] == number { deleting[name] = nil }
            } else if invalidating[name] == number {
                invalidating[name] = nil
            }
        }
        if guards.isEmpty { kinds = [] }
    }

    /// What the standing guards say about an object; nil when none names it.
    func match(_ object: StoredObject) -> Match? {
        guard !guards.isEmpty else { return nil }
        var deletes: UInt64 = 0
        var invalidates: UInt64 = 0
        let covers = kinds.isDisjoint(with: [.tags, .everything]) ? [] : scopes.covers(of: object.reversedHosts)
        GuardNames.forEachName(of: object, kinds, covers: covers) { name in
            if let number = deleting[name] { deletes = max(deletes, number) }
            if !invalidating.isEmpty, let number = invalidating[name] { invalidates = max(invalidates, number) }
        }
        let number = max(deletes, invalidates)
        var match = match(number)
        if deletes > 0 { match?.mode = .delete }
        return match
    }

    /// What one guard says about what it names.
    func match(_ number: UInt64) -> Match? {
        guards[number].map { Match(number: number, mode: $0.mode, reference: $0.reference, until: $0.until) }
    }
}
