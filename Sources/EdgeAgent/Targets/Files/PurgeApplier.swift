import LinuxFiles
import Logging
import PurgeModel

/// Applies purges: finds what they name in the index and has it marked.
///
/// A purge whose files cannot be changed, or that concerns a cache that is not known, does all that it can, and waits
/// for the rest with a back-off of its own.
struct PurgeApplier {
    private struct State {
        /// Purges that are worked on; those whose turn is next come first.
        var running: [ActivePurge] = []
        /// Purges that did what they could.
        var waiting: [Place: PurgeAccount] = [:]
        /// Counts those that began to wait.
        var turns = 0
        /// What is to be said of purges that ended without a step.
        var ended: [PurgeStep] = []

        mutating func wait(_ account: PurgeAccount) {
            turns += 1
            var account = account
            account.turn = turns
            waiting[Place(account)] = account
        }
    }

    /// A purge, or its repetition.
    private struct Place: Hashable {
        let key: QueueKey
        let isRepeated: Bool

        init(_ account: PurgeAccount) { self.init(key: account.key, isRepeated: account.isRepeated) }

        init(key: QueueKey, isRepeated: Bool) {
            self.key = key
            self.isRepeated = isRepeated
        }
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
    /// When waiting purges are to be looked at; nil: when a cache becomes known.
    private var lookAt: ContinuousClock.Instant?
    /// The caches that were known in the last round.
    private var seen: Set<UInt8> = []
    private var pace = RoundPace()
    /// When the round began.
    private var began: ContinuousClock.Instant

    /// Purges that found nothing, and whose neighbours are looked for, in one round: it may be most of a flood.
    private static let searchesMax = 32
    /// Purges taken up again in one round at least, however many others are worked on.
    private static let resumedMin = 64

    init(_ context: FilesContext, _ marker: ObjectMarker) {
        self.context = context
        self.marker = marker
        began = context.now
    }

    // MARK: Asking

    /// Whether there is something to do now.
    func hasWork(_ now: ContinuousClock.Instant) -> Bool {
        !state.running.isEmpty || !state.ended.isEmpty || lookAt.map { $0 <= now } ?? false
    }

    /// Whether purges are worked on.
    var isWorking: Bool { !state.running.isEmpty }

    /// All that are worked on or wait.
    var unfinished: UnfinishedPurges {
        UnfinishedPurges(Array(state.waiting.values) + state.running.map(\.account))
    }

    // MARK: Beginning

    /// Begins a purge.
    ///
    /// - Parameters:
    ///   - guardNumber: the guard that it stands as.
    ///   - unknown: caches that it has to go through when they are known.
    mutating func begin(_ job: PurgeJob, guardNumber: UInt64?, unknown: Set<UInt8>) {
        let account = PurgeAccount(
            key: job.key, started: job.started, isRepeated: false, guardNumber: guardNumber, progress: job.progress,
            pending: unknown)
        context.board.saw(job.event.scope)
        state.waiting[Place(account)] = nil
        state.running.append(ActivePurge(job.event, account, finder(job.event), newestDate: job.newestDate))
    }

    private func finder(_ event: PurgeEvent) -> IndexRangeFinder {
        IndexRangeFinder(
            event.selectors, event.scope, URLForms(context.index.normalization, context.caches.forms))
    }

    /// Begins to apply purges once more.
    ///
    /// Each goes through a cache as soon as that is known.
    mutating func begin(_ repeats: [PurgeRepeat]) {
        guard !repeats.isEmpty else { return }
        let configured = Set(context.caches.numbers)
        for one in repeats {
            state.wait(
                PurgeAccount(
                    key: one.key, started: context.now, isRepeated: true, guardNumber: one.guardNumber,
                    progress: PurgeProgress(), failed: one.failed, pending: one.caches ?? configured))
        }
        lookAt = context.now
    }

    /// The index is about to be emptied: what is not done has to be found in the new one.
    ///
    /// What is gone through for the first time is put back into the queue, and begun anew.
    mutating func beginAnew() {
        let configured = Set(context.caches.numbers)
        var taken: [PurgeQueue.Taken] = []
        for purge in state.running {
            if purge.isFirstPass {
                taken.append(
                    PurgeQueue.Taken(
                        key: purge.account.key, event: purge.event, zone: purge.event.zone,
                        queued: purge.account.started))
            } else {
                state.wait(purge.broken(configured))
            }
        }
        context.queue.giveBack(taken)
        state.running = []
        for place in state.waiting.keys { state.waiting[place]?.beginAnew(in: place.isRepeated ? configured : []) }
        lookAt = context.now
    }

    // MARK: Waiting

    /// Other caches are looked after from now on: purges that waited for those that are gone may be done.
    mutating func replacedCaches() { lookAt = context.now }

    /// Takes up purges that waited, as far as there is room, for caches that are known now or because it is time to try
    /// again.
    ///
    /// - Parameters:
    ///   - ready: the caches that are known.
    ///   - room: purges worked on at once, about.
    ///   - event: reads what a purge names; nil when it was dropped.
    mutating func resume(_ ready: Set<UInt8>, room: Int, _ event: (PurgeAccount) throws -> PurgeResumption?) throws {
        let now = context.now
        guard ready != seen || lookAt.map({ $0 <= now }) ?? false else { return }
        let configured = Set(context.caches.numbers)
        for place in state.waiting.keys { state.waiting[place]?.keep(configured) }
        let due = state.waiting.values.filter { $0.nextTry(ready, now).map { $0 <= now } ?? false }
            .sorted { $0.turn < $1.turn }
        let room = max(Self.resumedMin, room - state.running.count)
        for account in due.prefix(room) {
            let what = try event(account)
            state.waiting[Place(account)] = nil
            guard let what else {
                state.ended.append(PurgeStep(key: account.key, state: .done, progress: account.progress))
                continue
            }
            state.running.append(
                ActivePurge(
                    resuming: what.event, account, finder(what.event), newestDate: what.newestDate, ready: ready))
        }
        seen = ready
        lookAt = due.count > room ? now : nextLook(now)
    }

    private func nextLook(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        state.waiting.values.compactMap { $0.nextTry(seen, now) }.min()
    }

    // MARK: Working

    /// Gives the purges that are worked on a piece each, as far as the round has room for them: those that had none in
    /// the last one come first, and no zone takes what another one needs.
    mutating func step(
        into change: inout Change, _ commit: inout IndexCommit, _ keeper: inout LateFillKeeper,
        _ marks: inout MarkKeeper
    ) throws -> [PurgeStep] {
        commit.begin()
        began = context.now
        var next = Staged(state: state)
        var steps = next.state.ended
        next.state.ended = []
        next.state.running = []
        var removed: [ObjectID: ObjectRecord] = [:]
        var searches = 0
        var budget = RoundBudget(
            objects: pace.objects,
            purges: state.running.reduce(into: [:]) { $0[$1.event.zone, default: 0] += 1 })
        var behind: [ActivePurge] = []
        for purge in state.running {
            let limit = budget.room(purge.event.zone)
            guard limit > 0 else {
                next.state.running.append(purge)
                continue
            }
            var purge = purge
            let piece = try purge.nextPiece(context.index, limit: limit)
            budget.use(objects: piece.objects.count, looks: piece.looks, of: purge.event.zone)
            try work(piece, of: &purge, &removed, &next.problem, into: &change, keeper: &keeper, marks: &marks)
            guard purge.isThrough else {
                behind.append(purge)
                if !purge.account.isRepeated { steps.append(step(purge, .more)) }
                continue
            }
            next.through.append(purge)
            if purge.account.isDone {
                try keeper.keep(purge, into: &change)
                if !purge.account.isRepeated {
                    steps.append(step(purge, .done, near: try neighbour(of: purge, &searches)))
                }
            } else {
                var account = purge.account
                account.waits(isFailing: purge.hasFailed, seen, context.now)
                next.state.wait(account)
                if !account.isRepeated { steps.append(step(purge, .later)) }
            }
        }
        next.state.running += behind
        commit.remove(removed, from: &change)
        commit.seal(&change)
        staged = next
        return steps
    }

    /// The change of the last step is written.
    mutating func written(_ keeper: inout LateFillKeeper) {
        guard let staged else { return }
        self.staged = nil
        if !state.running.isEmpty { pace.took(began.duration(to: context.now)) }
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
        if hasNewWaiting { lookAt = nextLook(context.now) }
        if let problem = staged.problem {
            tell(problem)
        } else if context.board.hasProblem(.purges), !hasFailing {
            tell(nil)
        }
    }

    /// Whether something could not be changed so far.
    private var hasFailing: Bool {
        state.waiting.values.contains(where: \.isFailing)
            || state.running.contains { $0.hasFailed || $0.account.isFailing }
    }

    private func step(_ purge: ActivePurge, _ state: PurgeStep.State, near: Neighbour? = nil) -> PurgeStep {
        PurgeStep(key: purge.account.key, state: state, progress: purge.account.progress, near: near)
    }

    /// Something stored next to what a purge named in vain.
    private func neighbour(of purge: ActivePurge, _ searches: inout Int) throws -> Neighbour? {
        guard purge.account.progress.removed == 0, searches < Self.searchesMax else { return nil }
        searches += 1
        return try Neighbour.all(of: purge.event.selectors, in: purge.event.scope).first { neighbour in
            let ranges = try context.index.ranges(
                for: neighbour.selectors, scope: purge.event.scope, forms: context.caches.forms)
            return try ranges.contains { range in
                try !context.index.objectIDs(in: range, from: range.lower, limit: 1).ids.isEmpty
            }
        }
    }

    /// Marks what a piece of a purge has found.
    private func work(
        _ piece: PurgePiece, of purge: inout ActivePurge, _ removed: inout [ObjectID: ObjectRecord],
        _ problem: inout String?, into change: inout Change, keeper: inout LateFillKeeper, marks: inout MarkKeeper
    ) throws {
        let mode = purge.event.mode
        try keeper.observe(purge, families: piece.families)
        var objects: [PurgePiece.Object] = []
        for object in piece.objects where removed[object.id] == nil {
            if try keeper.observe(fetchedAnew: object.record.key, purge, into: &change) {
                purge.account.count(object.record)
            } else {
                objects.append(object)
            }
        }
        let markings = try marker.mark(objects.map(\.record), mode)
        if mode == .delete { marks.note(zip(objects, markings).lazy.filter(\.1.isPurged).map(\.0.record.key)) }
        for (object, marking) in zip(objects, markings) where object.record.hasSiblings && !marking.isDone {
            purge.leftUnfinished(object.record)
        }
        for (object, marking) in zip(objects, markings) {
            // A tag of one variant or slice leads to those that have none, also after a restart, when the rest of them
            // can be changed or is known.
            let isLead = object.isLead && marking.removes(mode)
            let isTriedAgain =
                isLead
                && (purge.isUnfinished(object.record) || purge.account.pending.contains(object.record.key.cache))
            let stays = isLead && (isTriedAgain || !purge.account.pending.isEmpty)
            if marking.isPurged, !stays { purge.account.count(object.record) }
            if marking.removes(mode), !stays { removed[object.id] = object.record }
            if stays, let entry = try context.index.entry(object.record.key) {
                let one = FailedObject(key: object.record.key, generation: entry.generation)
                if isTriedAgain { purge.account.failed(one) } else { purge.account.lead(one) }
            }
            switch marking {
            case .done: break
            case .closed: purge.account.pending.insert(object.record.key.cache)
            case .failed(let error):
                problem = "\(error)"
                if let entry = try context.index.entry(object.record.key) {
                    purge.failed(FailedObject(key: object.record.key, generation: entry.generation))
                }
            }
        }
        keeper.observe(purge, objects.map(\.record), markings)
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
