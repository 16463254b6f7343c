import LinuxFiles
import Logging
import PurgeModel

/// Caches that keep each response in a file: finds in the index what a purge names, and marks the files.
///
/// Each part owns its state. They meet here, in the order in which a round goes; only ``IndexCommit`` writes the index.
final class FilesTarget: PurgeTarget {
    let name: String
    private let context: FilesContext
    /// Finds out what the caches of another configuration need.
    private let plan: @Sendable (AgentConfiguration) throws -> CachePlan
    private var commit: IndexCommit
    private var replacer: CacheReplacer
    private var directories: KnownDirectories
    /// Caches that hold what may have missed purges, and for which no flush is kept yet.
    private var mixed: Set<UInt8> = []
    private var learner: CacheLearner
    private var keeper: LateFillKeeper
    private var applier: PurgeApplier
    private var marks: MarkKeeper
    private var flusher: CacheFlusher
    private var verifier: IndexVerifier
    private var unmatched: UnmatchedKeys
    private var names: NameLearner
    /// What an operator asked for and could not be begun yet.
    private var request: Upkeep.Request?
    /// Who waits for the index to be made anew.
    private var rebuilding: Int?

    /// A directory that was made anew is noticed within this time, also while nothing happens in it.
    private static let tick = Duration.seconds(1)

    /// - Parameters:
    ///   - name: what acknowledgements call it.
    ///   - marksMax: deleted objects that are looked at again one by one.
    init(
        _ name: String, _ context: FilesContext, marksMax: Int = MarkKeeper.countMax,
        plan: @escaping @Sendable (AgentConfiguration) throws -> CachePlan
    ) throws {
        self.name = name
        self.context = context
        self.plan = plan
        let marker = ObjectMarker(context)
        commit = try IndexCommit(context.index, context.board)
        replacer = CacheReplacer(context)
        directories = KnownDirectories(context)
        learner = try CacheLearner(context)
        keeper = LateFillKeeper(context, marker)
        applier = PurgeApplier(context, marker)
        marks = MarkKeeper(context, countMax: marksMax)
        flusher = CacheFlusher(context, marker)
        verifier = IndexVerifier(context)
        unmatched = UnmatchedKeys(context)
        names = NameLearner(context)
    }

    // MARK: How the caches are

    /// Whether all that is in a cache is known, and has missed no purge.
    private func isKnown(_ cache: UInt8) -> Bool { isUsable(cache) && learner.isLearned(cache) }

    /// Whether purges may be begun for a cache's sake; one with files that cannot be read for now is not known.
    private func isUsable(_ cache: UInt8) -> Bool {
        learner.isListed(cache) && !replacer.isWaiting(cache) && !flusher.isRequired(cache)
    }

    private var known: Set<UInt8> { Set(context.caches.numbers.filter(isKnown)) }

    /// Caches that are not known because something of them fails, and not only because they are being looked through.
    private var failed: Set<UInt8> {
        Set(context.caches.numbers.filter { replacer.hasFailed($0) || learner.hasFailed($0) })
    }

    var isReady: Bool { context.caches.numbers.contains(where: isUsable) }

    func patience(_ now: ContinuousClock.Instant) -> Duration {
        let hasWork =
            learner.hasWork(now) || replacer.hasWork(now) || applier.hasWork(now) || keeper.hasRepeats
            || flusher.hasWork(now, mayGo: mayFlush) || request != nil || context.upkeep.isWanted
        if hasWork { return .zero }
        let pauses = [
            verifier.patience, keeper.pause(now), marks.pause(now), names.isNeeded ? NameLearner.pause : nil,
        ]
        return pauses.compactMap { $0 }.min().map { min($0, Self.tick) } ?? Self.tick
    }

    // MARK: A round

    func start() throws {
        context.board.scanBegan()
        learner.read(try keeper.takeUp(isLoading: learner.isLoading))
        try flusher.takeUp()
        try open()
    }

    func catchUp(hasPurges: Bool) throws {
        keeper.tick()
        try open()
        names.readLog()
        let followed = learner.follow()
        for cache in followed.stale { replacer.isStale(cache) }
        for cache in followed.overflowed + followed.mixed { marks.willScan(cache) }
        mixed.formUnion(followed.mixed)
        try open()
        try flushMixed()
        try learner.scan(&commit)
        // A late fill must not wait for others to be read with it.
        try learn(all: hasPurges || !keeper.isEmpty || names.isNeeded)
        let isListed = context.caches.numbers.allSatisfy { learner.isListed($0) || learner.hasFailed($0) }
        try names.learn(&commit, isListed: isListed) { keeper.observe($0, into: &$1) }
        try flush(required: true)
        tellScanning()
    }

    func begin(_ purge: PurgeJob) throws {
        let unknown = Set(context.caches.numbers).subtracting(known)
        applier.begin(purge, guardNumber: keeper.arm(purge), unknown: unknown)
    }

    func step(into change: inout Change) throws -> [PurgeStep] {
        let unread = try keeper.due(&commit, &marks, mayEnd: mayEndGuards, failed: failed) { applier.unfinished }
        learner.read(unread)
        let isWhole = !context.board.isScanning || !failed.isEmpty
        if isWhole { applier.begin(keeper.takeRepeats(PurgeJob.activeMax)) }
        try applier.resume(known, room: PurgeJob.activeMax) { account in
            if account.isRepeated { return try keeper.resumption(account.key) }
            guard let message = try context.queue.message(account.key), let event = try? context.queue.event(message)
            else { return nil }
            return PurgeResumption(event: event, newestDate: newestDate(event))
        }
        learner.put(into: &change)
        return try applier.step(into: &change, &commit, &keeper, &marks)
    }

    func written() {
        commit.written()
        applier.written(&keeper)
    }

    func keepUp(isIdle: Bool) throws {
        try directories.tick()
        if request == nil { request = context.upkeep.take() }
        if let request, try handle(request) { self.request = nil }
        try flush(required: false)
        try unmatched.tell()
        let isBusy = !isIdle || applier.isWorking
        try marks.look(&commit, isBusy: isBusy) { learner.isLearned($0) }
        verifier.compare(marks.takeUncertain())
        verifier.beginIfDue()
        guard verifier.mayGo(isBusy: isBusy) else { return }
        let repairs = try verifier.step(&commit) { learner.isLearned($0) }
        learner.read(repairs.gone)
        learner.read(missed: repairs.missed)
        if repairs.areTooMany {
            try flusher.begin(context.caches.numbers, mode: context.settings.missedPurges, task: nil)
        }
        // What is to be read again is read before anybody is told that it is repaired.
        try learn(all: true)
        for cache in verifier.takeFailed() { learner.lookThrough(cache) }
        verifier.endIfThrough()
    }

    func stop() throws { try directories.tick(isLast: true) }

    /// Whether everything that landed so far has been read, in all caches that can be.
    private var mayEndGuards: Bool {
        let failed = failed
        return context.caches.numbers.allSatisfy { failed.contains($0) || isKnown($0) || flusher.isRequired($0) }
            && !learner.isLoading
    }

    private func newestDate(_ event: PurgeEvent) -> UInt32? {
        guard !context.queue.fillsFromTier else { return nil }
        let newest = event.acceptedAt.advanced(by: context.settings.guardWindow + context.settings.clockSkewMax)
        return UInt32(clamping: newest.milliseconds / 1000)
    }

    // MARK: Parts together

    /// Opens the caches that are to be opened; everything in them is looked at.
    private func open() throws {
        let opened = replacer.openDue()
        guard !opened.isEmpty else { return }
        for cache in opened {
            let difference = try directories.difference(cache)
            if let difference {
                context.logger.warning(
                    difference == .other
                        ? "the cache directory is another one now; looking through it, and flushing what it holds"
                        : "the cache directory is as it was some time ago: a snapshot was restored; flushing it",
                    metadata: ["path": "\(cache.path)"])
                try flusher.begin([cache.number], mode: context.settings.missedPurges, task: nil)
            }
            try directories.keep(cache, isOther: difference != nil)
            marks.willScan(cache.number)
            learner.beginScan(cache, isOther: difference != nil)
            replacer.isTakenUp(cache)
        }
        verifier.beginAnew()
        context.board.scanBegan()
    }

    /// Flushes caches into which whole directories were moved: what these hold may have missed purges.
    private func flushMixed() throws {
        guard !mixed.isEmpty else { return }
        context.logger.warning(
            "a directory was moved into a cache; looking through it, and flushing what it holds",
            metadata: ["paths": "\(mixed.compactMap(context.caches.path).sorted())"])
        try flusher.begin(mixed.sorted(), mode: context.settings.missedPurges, task: nil)
        mixed = []
    }

    private func learn(all: Bool) throws {
        try learner.learn(all: all, &commit) { keeper.observe($0, into: &$1) }
        marks.note(learner.takeDeleted())
        marks.note(found: learner.takeYoungMarks())
    }

    private func flush(required: Bool) throws {
        try flusher.step(&commit, &marks, required: required, mayGo: mayFlush)
    }

    /// Whether everything is known that a flush has to take.
    private func mayFlush(_ cache: UInt8) -> Bool { learner.isLearned(cache) && !replacer.isWaiting(cache) }

    /// Tells whether everything that can be looked through has been.
    private func tellScanning() {
        let failed = failed
        if let task = rebuilding, context.caches.numbers.allSatisfy({ isKnown($0) || failed.contains($0) }) {
            context.upkeep.finish(task) { $0.handled = Int(context.board.counts.objectsIndexed) }
            rebuilding = nil
        }
        let isScanning = !context.caches.numbers.allSatisfy(isKnown)
        guard isScanning != context.board.isScanning else { return }
        guard !isScanning else { return context.board.scanBegan() }
        context.board.scanEnded()
        context.logger.notice(
            "caches are indexed",
            metadata: [
                "objects": "\(context.board.counts.objectsIndexed)",
                "watcher": "\(context.caches.watcherKind?.rawValue ?? "none")",
            ])
    }

    // MARK: What an operator asks for

    /// Whether it is begun or done; false: not yet.
    private func handle(_ request: Upkeep.Request) throws -> Bool {
        switch request {
        case .verify(let task):
            guard !verifier.isAwaited else { return false }
            verifier.begin(task: task)
        case .rebuild(let task):
            try emptyIndex()
            context.logger.notice("the index is made anew from the cache files")
            rebuilding = task
        case .flush(let task, let paths, let mode):
            let caches = context.caches.numbers.filter { number in
                paths?.contains(context.caches.path(number) ?? "") ?? true
            }
            context.logger.notice(
                "flushing", metadata: ["caches": "\(paths ?? context.caches.paths)", "mode": "\(mode.rawValue)"])
            try flusher.begin(caches, mode: mode, task: task)
            context.upkeep.update(task) { _ in }
            if caches.isEmpty { context.upkeep.finish(task) }
        case .reload(let configuration): try reload(configuration)
        }
        return true
    }

    /// Empties the index, together with what `body` writes; everything is looked at again.
    private func emptyIndex(_ body: (inout Change) throws -> Void = { _ in }) throws {
        applier.beginAnew()
        try commit.clear(body)
        try learner.beginAnew()
        flusher.beginAnew()
        verifier.beginAnew()
        // Deleted objects that came back would be in the new index as if they were new.
        let uncertain = marks.beginAnew()
        if !uncertain.isEmpty { try flusher.begin(uncertain, mode: context.settings.missedPurges, task: nil) }
        // An index that is filled anew is filled without looking at guards.
        try keeper.repeatAll(applier.unfinished)
        context.board.scanBegan()
    }

    /// Takes over the caches of another configuration; where that cannot be done, the old ones stay.
    private func reload(_ configuration: AgentConfiguration) throws {
        let plan: CachePlan
        do {
            plan = try self.plan(configuration)
            // One that is looked after already may be away for now; a new one is to be there.
            for source in plan.sources where !context.caches.paths.contains(source.path) { _ = try source.open() }
        } catch {
            if let damage = StoreFailure(damage: error) { throw damage }
            context.logger.error(
                "the new caches cannot be used; going on with the old ones", metadata: ["error": "\(error)"])
            return
        }
        if plan.isIndexStale {
            try emptyIndex { plan.put(into: &$0, context.database.meta) }
        } else {
            try context.database.write { plan.put(into: &$0, context.database.meta) }
        }
        replacer.replace(plan.sources)
        keeper.rename()
        learner.keep(plan.sources.map(\.number))
        directories.keep(only: plan.sources.map(\.number))
        mixed.formIntersection(plan.sources.map(\.number))
        applier.replacedCaches()
        flusher.keep(plan.sources.map(\.number))
        try flusher.takeUp()
        context.logger.notice("caches are reloaded", metadata: ["paths": "\(context.caches.paths)"])
        try open()
    }
}
