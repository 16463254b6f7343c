import DequeModule
import LinuxFiles
import Logging
import PrometheusText
import PurgeModel

/// Sees that objects which were marked deleted stay so.
///
/// A 304 makes nginx read a file's header and write it back whole. A mark that falls between the two is lost: the
/// object is live again, and the index does not know it any more. A file that is marked already is never revalidated,
/// so what comes back is always old. Each file is looked at again a few times after its mark
/// (docs/decisions/0031-marks-are-looked-at-again.md).
struct MarkKeeper {
    /// An object that was marked.
    private struct Marked {
        let key: ObjectKey
        /// When: milliseconds since ``MarkKeeper/origin``.
        var at: Int64
        var file: File
    }

    /// What is known of the file that was marked.
    private enum File {
        /// Nothing: reading its identity at the time of the purge would cost the purge something.
        case unseen
        /// The same, and the cache was looked through since: that the index knows a live file proves nothing.
        case unseenInScan
        /// Its generation, read when it was looked at for the first time.
        case seen(UInt64)
    }

    /// What a look at a file says.
    private enum Finding {
        /// It is deleted still.
        case stands(generation: UInt64)
        /// Another file has its place, or none; the watcher reports that.
        case isOver
        /// It may be live again, or a new file that the watcher is about to report.
        case isDoubtful
        /// It is live again.
        case isUndone(FillFacts)
        /// It cannot be looked at now.
        case failed(String)
    }

    private let context: FilesContext
    private let origin: ContinuousClock.Instant
    /// When files are looked at, since their marks: milliseconds.
    private let delays: [Int64]
    /// Objects that wait for the look of the same number, the oldest first.
    private var stages: [Deque<Marked>]
    /// Live, and not in the index; looked at again once the watchers have been drained.
    private var doubtful: [Marked] = []
    /// What could not be looked at or marked, and is to be by and by.
    private var stuck: [Marked] = []
    private var backoff = Backoff()
    private var count = 0
    /// Caches with more marks than are remembered: when the first and the last of those were made.
    private var over: [UInt8: (first: Int64, last: Int64)] = [:]
    private var lastLook: ContinuousClock.Instant
    private var isTold = false

    private let countMax: Int
    /// Objects remembered, 56 bytes each.
    static let countMax = 100_000
    /// Files looked at in one round, about 10 microseconds each, and how long it is until the next.
    private static let lookStep = 256
    private static let pause = Duration.milliseconds(25)
    /// The same while purges are worked on: they would pay for it.
    private static let busyPause = Duration.milliseconds(250)
    /// The last look comes no earlier.
    ///
    /// nginx needs microseconds from reading a header to writing it. On a disk that hangs either may take long, and a
    /// minute is what is taken for the longest time of a fetch too (`guard.window`).
    private static let lastLookMin = Duration.seconds(60)

    init(_ context: FilesContext, countMax: Int = Self.countMax) {
        self.context = context
        self.countMax = countMax
        origin = context.now
        lastLook = context.now
        delays = [250, 2_000, 15_000, Self.lastLook(context.settings).wholeMilliseconds]
        stages = delays.map { _ in [] }
    }

    /// How long after its mark an object is looked at for the last time.
    static func lastLook(_ settings: FilesContext.Settings) -> Duration { max(settings.guardWindow, lastLookMin) }

    // MARK: Asking

    private var elapsed: Int64 { origin.duration(to: context.now).wholeMilliseconds }

    /// How long nothing has to be done; nil: for ever.
    func pause(_ now: ContinuousClock.Instant) -> Duration? {
        let elapsed = origin.duration(to: now).wholeMilliseconds
        var due = zip(stages, delays).compactMap { stage, delay in stage.first.map { $0.at + delay - elapsed } }
        if !doubtful.isEmpty { due.append(0) }
        if !stuck.isEmpty, let next = backoff.next { due.append(now.duration(to: next).wholeMilliseconds) }
        guard let next = (due + over.values.map { $0.first + last - elapsed }).min() else { return nil }
        return max(Self.pause, .milliseconds(next))
    }

    private var last: Int64 { delays.last ?? 0 }

    // MARK: Being told

    /// Objects were marked deleted.
    mutating func note(_ keys: some Sequence<ObjectKey>) { for key in keys { note(key, .unseen) } }

    /// Objects were found deleted: an agent that died since may have marked them.
    mutating func note(found objects: [FailedObject]) {
        for object in objects { note(object.key, .seen(object.generation)) }
    }

    private mutating func note(_ key: ObjectKey, _ file: File) {
        let at = elapsed
        guard count < countMax else {
            over[key.cache] = (over[key.cache]?.first ?? at, at)
            return
        }
        stages[0].append(Marked(key: key, at: at, file: file))
        count += 1
    }

    /// A cache is looked through: the index may come to know a file that is live again.
    mutating func willScan(_ cache: UInt8) {
        for stage in stages.indices {
            for position in stages[stage].indices where stages[stage][position].key.cache == cache {
                if case .unseen = stages[stage][position].file { stages[stage][position].file = .unseenInScan }
            }
        }
    }

    /// The index is emptied; returns the caches in which deleted objects may be live again that nobody would find in
    /// the new one.
    mutating func beginAnew() -> [UInt8] {
        for cache in context.caches.numbers { willScan(cache) }
        defer { over = [:] }
        return over.keys.sorted()
    }

    /// The caches of which more was marked than is remembered, once the time of the last look has come: they are to be
    /// compared with the index.
    mutating func takeUncertain() -> [UInt8] {
        let elapsed = elapsed
        let due = over.filter { $0.value.first + last <= elapsed }
        for (cache, marks) in due {
            // What came since is too young to be compared yet.
            over[cache] = marks.last + last <= elapsed ? nil : (marks.last, marks.last)
        }
        return due.keys.sorted()
    }

    // MARK: Looking

    /// Looks at the files whose time has come; the watchers have been drained, and what they reported is in the index.
    ///
    /// - Parameters:
    ///   - isBusy: whether purges are worked on.
    ///   - isLearned: whether all that is in a cache is in the index.
    mutating func look(_ commit: inout IndexCommit, isBusy: Bool, isLearned: (UInt8) -> Bool) throws {
        guard count > 0, lastLook.duration(to: context.now) >= (isBusy ? Self.busyPause : Self.pause) else { return }
        lastLook = context.now
        var undone: [(marked: Marked, facts: FillFacts)] = []
        var problem: String?
        var due = takeDue()[...]
        while let (marked, stage) = due.popFirst() {
            let finding: Finding
            do {
                // A second look at what was doubtful: by now the index has what was new.
                finding = try find(marked, isSure: stage == nil && isLearned(marked.key.cache))
            } catch {
                stuck += [marked] + due.map(\.marked)
                backoff.failed(context.now)
                throw error
            }
            switch finding {
            case .stands(let generation): goOn(Marked(key: marked.key, at: marked.at, file: .seen(generation)), stage)
            case .isOver: count -= 1
            case .isDoubtful: doubtful.append(marked)
            case .isUndone(let facts): undone.append((marked, facts))
            case .failed(let text):
                problem = text
                stuck.append(marked)
            }
        }
        try markAgain(undone, &commit, &problem)
        if problem != nil { backoff.failed(context.now) } else if stuck.isEmpty { backoff = Backoff() }
        tell(problem)
        // A queue that is empty keeps no memory.
        for stage in stages.indices where stages[stage].isEmpty { stages[stage] = [] }
    }

    /// What is to be looked at now, and where it waited; nil: for a second look.
    private mutating func takeDue() -> [(marked: Marked, stage: Int?)] {
        var due: [(marked: Marked, stage: Int?)] = doubtful.prefix(Self.lookStep).map { ($0, nil) }
        doubtful.removeFirst(due.count)
        if backoff.next != nil, backoff.isDue(context.now) {
            let piece = stuck.prefix(Self.lookStep)
            due += piece.map { ($0, 0) }
            stuck.removeFirst(piece.count)
        }
        let elapsed = elapsed
        for stage in stages.indices {
            while due.count < Self.lookStep, let first = stages[stage].first, first.at + delays[stage] <= elapsed {
                stages[stage].removeFirst()
                due.append((first, stage))
            }
        }
        return due
    }

    /// Queues it for the next look, if there is one.
    private mutating func goOn(_ marked: Marked, _ stage: Int?) {
        let next = (stage ?? 0) + 1
        guard next < stages.count else { return count -= 1 }
        stages[next].append(marked)
    }

    private func find(_ marked: Marked, isSure: Bool) throws -> Finding {
        let cache: any CacheFileFormat
        switch context.caches.lookup(marked.key.cache) {
        case .open(let open): cache = open
        case .closed: return .failed("the cache \(context.caches.path(marked.key.cache) ?? "") is not open")
        case .unknown: return .isOver
        }
        var buffer: [UInt8] = []
        do {
            let before = try cache.generation(marked.key).map { $0 & StoredObject.generationMask }
            guard let before else { return .isOver }
            if case .seen(let known) = marked.file, known != before { return .isOver }
            guard let facts = try cache.fillFacts(marked.key, buffer: &buffer) else {
                // Another file may have come between the two.
                let after = try cache.generation(marked.key).map { $0 & StoredObject.generationMask }
                return after == before ? .stands(generation: before) : .isDoubtful
            }
            if case .seen(let known) = marked.file { return known == facts.generation ? .isUndone(facts) : .isOver }
            // What is new is in the index, unless a walk has put there what is old.
            let isIndexed = try context.index.entry(marked.key)?.generation == facts.generation
            if case .unseen = marked.file, isIndexed { return .isOver }
            return isIndexed || isSure ? .isUndone(facts) : .isDoubtful
        } catch let error as FileError {
            return .failed("\(error)")
        }
    }

    /// Marks what is live again, and looks at it from the beginning.
    private mutating func markAgain(
        _ undone: [(marked: Marked, facts: FillFacts)], _ commit: inout IndexCommit, _ problem: inout String?
    ) throws {
        guard !undone.isEmpty else { return }
        let now = context.clock.now.milliseconds / 1000
        var again: [Marked] = []
        for (marked, facts) in undone {
            guard case .open(let cache) = context.caches.lookup(marked.key.cache) else { continue }
            var buffer: [UInt8] = []
            do {
                let outcome = try cache.mark(
                    marked.key, date: UInt32(clamping: facts.date), mode: .delete, now: now, buffer: &buffer
                ) { facts.generation }
                guard case .purged = outcome else {
                    count -= 1
                    continue
                }
                again.append(Marked(key: marked.key, at: elapsed, file: .seen(facts.generation)))
            } catch let error as FileError {
                problem = "\(error)"
                stuck.append(Marked(key: marked.key, at: marked.at, file: .seen(facts.generation)))
            }
        }
        guard !again.isEmpty else { return }
        for marked in again { stages[0].append(marked) }
        try commit.write { commit, change in
            for marked in again where try context.index.entry(marked.key) != nil {
                try commit.remove(marked.key, from: &change)
            }
        }
        tellUndone(again)
    }

    // MARK: Telling

    private mutating func tellUndone(_ again: [Marked]) {
        context.board.counters.undoneMarks.increment(by: again.count)
        guard !isTold, let first = again.first else { return }
        isTold = true
        context.logger.warning(
            "a 304 has brought a deleted object back; it is deleted again, and further ones are only counted",
            metadata: ["file": "\(context.caches.path(of: first.key) ?? "")"])
    }

    private func tell(_ problem: String?) {
        let hasProblem = context.board.hasProblem(.marks)
        guard problem != nil || (hasProblem && stuck.isEmpty) else { return }
        if let problem, !hasProblem {
            context.logger.error(
                "a deleted object cannot be looked at again; trying again", metadata: ["problem": "\(problem)"])
        }
        context.board.set(problem: problem, of: .marks)
    }
}
