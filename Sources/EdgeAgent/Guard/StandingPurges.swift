import LinuxFiles
import PurgeModel
import Synchronization

/// The purges that concern what nginx may answer from its cache: those that are on this machine and not applied, and
/// where the caches are asked about that, those that stand as guards.
///
/// Any thread may use it. A purge is in here before anybody is told that it has come, and a marker file says so to
/// nginx: so it is effective from then on, however long it takes to apply it.
final class StandingPurges: Sendable {
    /// A purge on its way into the queue.
    struct Arrival: Sendable {
        var key: QueueKey
        var event: PurgeEvent
        /// Whether it was old when it was fetched, so that objects stored since then are newer than it.
        var isLate: Bool
    }

    /// What the newest purge that names an object says about it.
    struct Naming: Hashable, Sendable {
        /// Counts up in the order in which purges came.
        var number: UInt64
        var mode: PurgeMode
        var span: GuardSpan
        /// Whether it stands as a guard only.
        var isApplied: Bool
        /// Whether it may name less than this object: its names did not all have room.
        var isCoarse: Bool
    }

    private struct Known {
        let number: UInt64
        /// The hosts in whose scope it has tags, as `GuardNames.patterns(fitting:)` has them.
        let tagged: [Int]
        /// Whether it stands as a guard when it is applied.
        var isGuard = false
    }

    private struct Mark {
        var number: UInt64
        /// What tells the content that was marked from later ones.
        var generation: UInt64
    }

    private struct Proof {
        var number: UInt64
        /// When the content landed, as `FillFacts.changed` says.
        var landed: Int64
    }

    private struct State {
        var table = GuardTable()
        var known: [QueueKey: Known] = [:]
        /// Purges that nobody has read yet; each may name anything.
        var unread: Set<QueueKey> = []
        /// How many purges have tags for hosts, by pattern.
        var tagged: [Int: Int] = [:]
        /// What was marked at each place for a purge, and so for all before it.
        var marked: [ObjectKey: Mark] = [:]
        /// The content of places that is known to be newer than a purge, and all before it.
        var proven: [ObjectKey: Proof] = [:]
        /// Purges that may name other objects than their names say: the caches have other keys since.
        var renamed: Set<QueueKey> = []
        var newest: UInt64 = 0
        /// Whether the guards that an earlier run left are in here.
        var isLoaded: Bool
        /// Whether the marker is there; nil: an earlier run may have left it.
        var isMarked: Bool?
        var isListening = false
        /// Since when nothing stands.
        var emptySince: ContinuousClock.Instant?
        var problem: String?

        var isEmpty: Bool { known.isEmpty && unread.isEmpty }
    }

    /// Whether purges stay in here as guards after they are applied.
    let keepsGuards: Bool
    /// Whether the caches fill from other caches.
    let fillsFromTier: Bool
    private let marker: AskMarker
    private let guardWindow: Duration
    private let clockSkewMax: Duration
    private let forms: @Sendable () -> URLForms
    private let clock: any AgentClock
    private let state: Mutex<State>

    /// Places remembered at once, about 50 bytes each.
    private static let placesMax = 200_000
    /// How long the marker stays when nothing stands any more: purges mostly come in a row, and a page with a crowd is
    /// asked for within it, so that nginx asks while somebody waits.
    private static let markerRest = Duration.seconds(1)

    /// - Parameters:
    ///   - marker: tells nginx that there is something to ask about.
    ///   - forms: how the caches keep URLs.
    init(
        marker: AskMarker, keepsGuards: Bool, fillsFromTier: Bool = false, guardWindow: Duration,
        clockSkewMax: Duration,
        clock: any AgentClock,
        forms: @escaping @Sendable () -> URLForms
    ) {
        self.marker = marker
        self.keepsGuards = keepsGuards
        self.fillsFromTier = fillsFromTier
        state = Mutex(State(isLoaded: !keepsGuards))
        self.guardWindow = guardWindow
        self.clockSkewMax = clockSkewMax
        self.clock = clock
        self.forms = forms
    }

    // MARK: Coming and going

    /// Takes purges in that have come, or that were read now; one that is known already stays as it is.
    ///
    /// - Parameter areUnread: whether each was here already, unread; one that is gone meanwhile is passed over.
    func add(_ arrivals: [Arrival], areUnread: Bool = false) {
        guard !arrivals.isEmpty else { return }
        let forms = forms()
        // The names of thousands of URLs are worked out before anybody has to wait for them.
        let named = arrivals.map { ($0, GuardNames.names(of: $0.event.selectors, scope: $0.event.scope, forms: forms)) }
        state.withLock { state in
            mark(&state)
            // After the marker: what is fetched from now on is asked about.
            let now = clock.now
            for (arrival, names) in named {
                guard state.unread.remove(arrival.key) != nil || !areUnread else { continue }
                add(arrival.key, arrival.event, span(arrival, now), names, forms, into: &state)
            }
        }
    }

    /// Takes in purges that nobody has read yet.
    func add(unread keys: [QueueKey]) {
        guard !keys.isEmpty else { return }
        state.withLock { state in
            mark(&state)
            state.unread.formUnion(keys)
        }
    }

    /// Takes in a purge that an earlier run applied, and that stands as a guard.
    func add(guarding key: QueueKey, _ event: PurgeEvent, _ span: GuardSpan) {
        guard keepsGuards else { return }
        let forms = forms()
        let names = GuardNames.names(of: event.selectors, scope: event.scope, forms: forms)
        state.withLock { state in
            mark(&state)
            add(key, event, span, names, forms, into: &state)
            guard let known = state.known[key] else { return }
            state.known[key]?.isGuard = true
            state.table.applied(known.number)
        }
    }

    /// All guards that an earlier run left are in here.
    func loaded() { state.withLock { $0.isLoaded = true } }

    private func add(
        _ key: QueueKey, _ event: PurgeEvent, _ span: GuardSpan, _ names: GuardNames.OfPurge, _ forms: URLForms,
        into state: inout State
    ) {
        guard state.known[key] == nil else { return }
        // Here none ends by itself.
        let number = state.table.add(key, zone: event.zone, mode: event.mode, span: span, ends: clock.instant) {
            guard $0 != .exact else { return names }
            return GuardNames.names(of: event.selectors, scope: event.scope, forms: forms, grain: $0)
        }
        let tagged = names.kinds.contains(.tags) ? names.patterns : []
        for pattern in tagged { state.tagged[pattern, default: 0] += 1 }
        state.known[key] = Known(number: number, tagged: tagged)
        state.newest = number
    }

    /// From when to when it is not certain whether what was stored is older than a purge.
    private func span(_ arrival: Arrival, _ now: Timestamp) -> GuardSpan {
        // No fill that began before one that is so late can still be on its way.
        let end = arrival.event.acceptedAt.advanced(by: guardWindow + clockSkewMax)
        if arrival.isLate, end < now { return GuardSpan(from: end.milliseconds, window: .zero) }
        if fillsFromTier { return GuardSpan(waitingSince: now.milliseconds) }
        return GuardSpan(from: now.milliseconds, window: guardWindow)
    }

    /// The tier above has applied a purge: what was fetched since is new, as far as its span says.
    func renew(_ key: QueueKey, _ span: GuardSpan) {
        state.withLock { state in
            if let known = state.known[key] { state.table.renew(known.number, span) }
        }
    }

    /// A purge stands as a guard when it is applied, until ``ended(_:)``.
    func guards(_ key: QueueKey) {
        guard keepsGuards else { return }
        state.withLock { $0.known[key]?.isGuard = true }
    }

    /// Purges are applied, or turned out to be none.
    func applied(_ keys: some Sequence<QueueKey>) {
        state.withLock { state in
            for key in keys {
                state.unread.remove(key)
                guard let known = state.known[key] else { continue }
                if known.isGuard { state.table.applied(known.number) } else { remove(key, from: &state) }
            }
            tidy(&state)
        }
    }

    /// The guards of purges have ended.
    func ended(_ keys: [QueueKey]) {
        guard keepsGuards, !keys.isEmpty else { return }
        state.withLock { state in
            for key in keys { remove(key, from: &state) }
            tidy(&state)
        }
    }

    /// What waited of a partition was dropped, but for what came in its place.
    func drop(_ partition: Int32, except kept: QueueKey) {
        state.withLock { state in
            state.unread = state.unread.filter { $0.partition != partition }
            for (key, known) in state.known where key.partition == partition && key != kept && !known.isGuard {
                remove(key, from: &state)
            }
            tidy(&state)
        }
    }

    private func remove(_ key: QueueKey, from state: inout State) {
        guard let known = state.known.removeValue(forKey: key) else { return }
        for pattern in known.tagged {
            let count = (state.tagged[pattern] ?? 1) - 1
            state.tagged[pattern] = count > 0 ? count : nil
        }
        state.renamed.remove(key)
        state.table.remove(known.number)
    }

    /// The caches have other keys from now on.
    func rename() { state.withLock { $0.renamed = Set($0.known.keys) } }

    // MARK: The marker

    private func mark(_ state: inout State) {
        state.emptySince = nil
        if state.isMarked == true { return }
        do throws(FileError) {
            try marker.require(.purges)
            state.isMarked = true
            state.problem = nil
        } catch {
            state.problem = "nginx cannot be told to ask: \(error)"
        }
    }

    private func tidy(_ state: inout State) {
        guard state.isEmpty else { return }
        (state.marked, state.proven) = ([:], [:])
        if state.emptySince == nil { state.emptySince = clock.instant }
    }

    /// Brings the marker in line with what stands; called a few times a second.
    ///
    /// - Parameter isWaitedFor: whether visitors wait for what was purged.
    func keepMarker(isWaitedFor: Bool = false) {
        state.withLock { state in
            guard state.isEmpty else {
                // Somebody may have removed it.
                state.isMarked = nil
                return mark(&state)
            }
            guard state.isLoaded, !isWaitedFor, state.isMarked != false || state.problem != nil else { return }
            if let since = state.emptySince, since.duration(to: clock.instant) < Self.markerRest { return }
            do throws(FileError) {
                try marker.release(.purges)
                state.isMarked = false
                state.problem = nil
            } catch {
                state.problem = "nginx goes on asking: \(error)"
            }
        }
    }

    /// Whether questions are answered.
    func isListening(_ isListening: Bool) { state.withLock { $0.isListening = isListening } }

    /// Whether nobody is served any more what the purges name that are in here: nginx asks about it.
    var isEffective: Bool { state.withLock { $0.isListening && ($0.isEmpty || $0.isMarked == true) } }

    /// Why nginx cannot be told when to ask; nil: it can.
    var problem: String? { state.withLock { $0.problem } }

    // MARK: Asking

    /// The purge that came last of those that are here; nil when none is.
    var newest: UInt64? { state.withLock { $0.isEmpty ? nil : $0.newest } }

    /// How many purges are here.
    var count: Int { state.withLock { $0.known.count + $0.unread.count } }

    /// Whether a purge is here, or may be, of which it cannot be told what it names.
    var isUncertain: Bool { state.withLock { !$0.isLoaded || !$0.unread.isEmpty || !$0.renamed.isEmpty } }

    /// Some of the purges that nobody has read yet.
    func unread(limit: Int) -> [QueueKey] { state.withLock { Array($0.unread.prefix(limit)) } }

    /// Whether a purge by tag is here that may name an object with these hosts, whatever tags that has.
    func mayTag(_ reversedHosts: [[UInt8]]) -> Bool {
        let patterns = GuardNames.patterns(fitting: reversedHosts)
        return state.withLock { state in patterns.contains { state.tagged[$0] != nil } }
    }

    /// What is said about an object; nil: nothing names it.
    func naming(_ object: StoredObject) -> Naming? {
        state.withLock { state in
            guard let match = state.table.match(object), let one = state.table.one(match.number) else { return nil }
            return Naming(
                number: match.number, mode: match.mode, span: match.span, isApplied: one.isApplied,
                isCoarse: one.isCoarse)
        }
    }

    /// Whether the content of a place was marked for a purge, or for a later one.
    func isMarked(_ place: ObjectKey, _ number: UInt64) -> Bool {
        state.withLock { $0.marked[place].map { $0.number >= number } ?? false }
    }

    /// Takes note that the content of a place was marked for a purge, and so for all before it.
    ///
    /// - Returns: false when there is no room to remember it.
    func mark(_ place: ObjectKey, generation: UInt64, _ number: UInt64) -> Bool {
        state.withLock { state in
            guard state.marked[place] != nil || state.marked.count < Self.placesMax else { return false }
            guard state.marked[place].map({ $0.number <= number }) ?? true else { return true }
            state.marked[place] = Mark(number: number, generation: generation)
            return true
        }
    }

    /// What was marked at a place for a purge that is not applied yet, by its generation; nil: nothing was.
    func markedGeneration(_ place: ObjectKey, for key: QueueKey) -> UInt64? {
        state.withLock { state in
            guard let known = state.known[key], let mark = state.marked[place], mark.number >= known.number else {
                return nil
            }
            return mark.generation
        }
    }

    /// Takes note of content that was certainly fetched after a purge, and when it landed, as `FillFacts.changed` says.
    func prove(_ proofs: [(place: ObjectKey, landed: Int64, key: QueueKey)]) {
        guard keepsGuards, !proofs.isEmpty else { return }
        state.withLock { state in
            for proof in proofs {
                guard let known = state.known[proof.key],
                    state.proven[proof.place] != nil || state.proven.count < Self.placesMax
                else { continue }
                state.proven[proof.place] = Proof(number: known.number, landed: proof.landed)
            }
        }
    }

    /// Whether the content of a place is known to be newer than a purge.
    func isProven(_ place: ObjectKey, _ facts: FillFacts, _ number: UInt64) -> Bool {
        state.withLock { $0.proven[place].map { $0.landed == facts.changed && $0.number >= number } ?? false }
    }
}
