import LinuxFiles
import Logging
import PurgeModel

/// Applies purges: finds what they name in the index and has it marked.
///
/// A purge whose files can't be changed, or that concerns a cache that is not known, does all that it can, and waits for the rest with a
/// back-off of its own.
struct PurgeApplier {
    private struct State {
        /// Purges that are worked on, each a slice a round.
        var running: [ActivePurge] = []
        /// Purges that did what they could, by the order in which they came.
        var waiting: [PurgeAccount] = []
        /// What is to be said of purges that ended without a step.
        var ended: [PurgeStep] = []
    }

    /// What a step has done, true once its change is written.
    private struct Staged {
        var state: State
        /// Purges that went through everything they can for now.
        var through: [ActivePurge] = []
        /// Why the last file could not be changed, if there was one.
        var problem: String?
    }

    private let context: FilesContext
    private let marker: ObjectMarker
    private var state = State()
    private var staged: Staged?
    /// When a waiting purge is to be looked at; nil: when another cache becomes known.
    private var lookAt: ContinuousClock.Instant?
    /// The caches that were known in the last round.
    private var seen: Set<UInt8> = []

    /// Objects of one purge handled before the next gets its turn.
    private static let sliceObjects = 1024
    /// Objects of all purges handled in one round, about: that long a new purge waits.
    private static let roundObjects = 4096

    init(_ context: FilesContext, _ marker: ObjectMarker) {
        self.context = context
        self.marker = marker
    }

    // MARK: Asking

    /// Whether there is something to do now.
    func hasWork(_ now: ContinuousClock.Instant) -> Bool {
        !state.running.isEmpty || !state.ended.isEmpty || lookAt.map { $0 <= now } ?? false
    }

    /// Whether purges are worked on.
    var isWorking: Bool { !state.running.isEmpty }

    /// Whether a purge is applied once more, now or by and by.
    func isRepeating(_ key: QueueKey) -> Bool {
        state.running.contains { $0.account.isRepeated && $0.account.key == key }
            || state.waiting.contains { $0.isRepeated && $0.key == key }
    }

    /// Whether a purge that is not done waits for all of these caches.
    func isWaiting(_ key: QueueKey, for caches: Set<UInt8>) -> Bool {
        state.waiting.contains { !$0.isRepeated && $0.key == key && $0.pending.isSuperset(of: caches) }
            || state.running.contains {
                !$0.account.isRepeated && $0.account.key == key && $0.account.pending.isSuperset(of: caches)
            }
    }

    // MARK: Beginning

    /// Begins a purge.
    ///
    /// - Parameters:
    ///   - guardNumber: the guard that it stands as.
    ///   - unknown: caches that it has to go through when they are known.
    mutating func begin(_ job: PurgeJob, guardNumber: UInt64?, unknown: Set<UInt8>) throws {
        let account = PurgeAccount(
            key: job.key, started: job.started, isRepeated: false, guardNumber: guardNumber, progress: job.progress,
            pending: unknown)
        let ranges = try context.index.ranges(for: job.event.selectors, scope: job.event.scope)
        state.waiting.removeAll { $0.key == job.key && !$0.isRepeated }
        state.running.append(ActivePurge(job.event, account, ranges: ranges, newestDate: job.newestDate))
    }

    /// Begins to apply purges once more.
    ///
    /// - Parameter unknown: caches that those which are to go through all have to go through when they are known.
    mutating func begin(_ repeats: [PurgeRepeat], unknown: Set<UInt8>) throws {
        for one in repeats {
            let account = PurgeAccount(
                key: one.key, started: context.now, isRepeated: true, guardNumber: one.guardNumber,
                progress: PurgeProgress(), failed: one.failed,
                pending: one.caches ?? (one.failed.isEmpty ? unknown : []))
            if one.caches != nil || !one.failed.isEmpty {
                state.waiting.append(account)
                lookAt = context.now
            } else {
                let ranges = try context.index.ranges(for: one.event.selectors, scope: one.event.scope)
                state.running.append(ActivePurge(one.event, account, ranges: ranges, newestDate: one.newestDate))
            }
        }
    }

    /// Puts everything that is worked on back, so that it is begun anew: the index is about to be emptied.
    mutating func giveBack() {
        let taken = state.running.filter { !$0.account.isRepeated }.map {
            PurgeQueue.Taken(key: $0.account.key, event: $0.event, queued: $0.account.started)
        }
        context.queue.giveBack(taken)
        state.running.removeAll { !$0.account.isRepeated }
    }

    // MARK: Waiting

    /// Takes up purges that waited, as far as there is room, for caches that are known now or because it is time to try again.
    ///
    /// - Parameters:
    ///   - ready: the caches that are known.
    ///   - event: reads what a purge names; nil when it was dropped.
    mutating func resume(_ ready: Set<UInt8>, room: Int, _ event: (PurgeAccount) throws -> PurgeResumption?) throws {
        let now = context.now
        let isChanged = ready != seen
        seen = ready
        guard !state.waiting.isEmpty, isChanged || lookAt.map({ $0 <= now }) ?? false else { return }
        let configured = Set(context.caches.numbers)
        var room = room
        var rest: [PurgeAccount] = []
        for var account in state.waiting {
            account.pending.formIntersection(configured)
            let caches = account.pending.intersection(ready)
            let isDue = account.isDone || (account.backoff.isDue(now) && (!account.failed.isEmpty || !caches.isEmpty))
            guard isDue, room > 0 else {
                rest.append(account)
                continue
            }
            room -= 1
            guard let what = try event(account) else {
                state.ended.append(PurgeStep(key: account.key, state: .done, progress: account.progress))
                continue
            }
            let ranges = try context.index.ranges(for: what.event.selectors, scope: what.event.scope)
            state.running.append(
                ActivePurge(resuming: what.event, account, ranges: ranges, newestDate: what.newestDate, in: caches))
        }
        state.waiting = rest
        lookAt = room > 0 ? nextLook(rest) : now
    }

    /// When the first of them may try again what it can: failed objects, and caches that are known but could not be gone through, or have
    /// become known before its back-off was over.
    private func nextLook(_ waiting: [PurgeAccount]) -> ContinuousClock.Instant? {
        waiting.filter { !$0.failed.isEmpty || !$0.pending.isDisjoint(with: seen) }.compactMap(\.backoff.next).min()
    }

    // MARK: Working

    /// Gives every purge that is worked on one slice.
    mutating func step(
        into change: inout Change, _ commit: inout IndexCommit, _ keeper: inout LateFillKeeper
    ) throws -> [PurgeStep] {
        var next = Staged(state: state)
        var steps = next.state.ended
        next.state.ended = []
        var removed: [ObjectID: ObjectRecord] = [:]
        let limit = min(Self.sliceObjects, max(16, Self.roundObjects / max(1, next.state.running.count)))
        for position in next.state.running.indices {
            try slice(&next.state.running[position], limit, &removed, &next.problem, &keeper)
            let purge = next.state.running[position]
            guard purge.isThrough else {
                if !purge.account.isRepeated { steps.append(step(purge, .more)) }
                continue
            }
            next.through.append(purge)
            if purge.account.isDone {
                try keeper.keep(purge, into: &change)
                if !purge.account.isRepeated { steps.append(step(purge, .done)) }
            } else {
                var account = purge.account
                account.backoff.failed(context.now)
                next.state.waiting.append(account)
                if !account.isRepeated { steps.append(step(purge, .later)) }
            }
        }
        next.state.running.removeAll(where: \.isThrough)
        commit.remove(removed, from: &change)
        commit.seal(&change)
        staged = next
        return steps
    }

    /// The change of the last step is written.
    mutating func written(_ keeper: inout LateFillKeeper) {
        guard let staged else { return }
        self.staged = nil
        for purge in staged.through {
            // Its guard may end now: what could not be done yet is done by date, and needs none.
            if let number = purge.account.guardNumber { keeper.applied(number) }
            if purge.account.isRepeated, purge.account.isDone {
                context.board.guardRepeated(
                    removed: purge.account.progress.removed, bytes: purge.account.progress.bytes)
            }
        }
        let hasNewWaiting = staged.state.waiting.count > state.waiting.count
        state = staged.state
        if hasNewWaiting { lookAt = nextLook(state.waiting) }
        if let problem = staged.problem {
            tell(problem)
        } else if !state.waiting.contains(where: { !$0.failed.isEmpty }), !state.running.contains(where: \.hasFailed) {
            tell(nil)
        }
    }

    private func step(_ purge: ActivePurge, _ state: PurgeStep.State) -> PurgeStep {
        PurgeStep(key: purge.account.key, state: state, progress: purge.account.progress)
    }

    /// Works one slice of a purge off.
    private func slice(
        _ purge: inout ActivePurge, _ limit: Int, _ removed: inout [ObjectID: ObjectRecord], _ problem: inout String?,
        _ keeper: inout LateFillKeeper
    ) throws {
        let mode = purge.event.mode
        let objects = try purge.nextObjects(context.index, limit: limit).filter { removed[$0.id] == nil }
        let markings = try marker.mark(objects.map(\.record), mode)
        for (object, marking) in zip(objects, markings) {
            if marking.isPurged { purge.account.count(object.record) }
            if marking.removes(mode) { removed[object.id] = object.record }
            switch marking {
            case .done: break
            case .closed: purge.account.pending.insert(object.record.key.cache)
            case .failed(let error):
                problem = "\(error)"
                if let entry = try context.index.entry(object.record.key) {
                    purge.account.failed(FailedObject(key: object.record.key, generation: entry.generation))
                }
            }
        }
        try keeper.observe(purge, zip(objects.map(\.record), markings).map { ($0, $1) })
    }

    private func tell(_ problem: String?) {
        let isTold = context.board.hasProblem(.purges)
        guard problem != nil || isTold else { return }
        if let problem, !isTold {
            context.logger.error(
                "a purge waits for a file that cannot be changed; others go on", metadata: ["problem": "\(problem)"])
        }
        context.board.set(problem: problem, of: .purges)
    }
}
