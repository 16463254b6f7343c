import LinuxFiles
import Logging

/// Opens the caches, and opens them anew when their directories became others.
///
/// One that cannot be opened is tried again by and by.
struct CacheReplacer {
    private let context: FilesContext
    /// Caches that are to be opened.
    private var waiting: [UInt8: Backoff]

    init(_ context: FilesContext) {
        self.context = context
        waiting = Dictionary(uniqueKeysWithValues: context.caches.numbers.map { ($0, Backoff()) })
    }

    /// Whether a cache is still to be opened, and could not be so far.
    func hasFailed(_ cache: UInt8) -> Bool { waiting[cache]?.next != nil }

    /// Whether a cache is still to be opened.
    func isWaiting(_ cache: UInt8) -> Bool { waiting[cache] != nil }

    /// Whether there is something to do now.
    func hasWork(_ now: ContinuousClock.Instant) -> Bool { waiting.values.contains { $0.isDue(now) } }

    /// The directory of a cache is not the one any more that was opened.
    mutating func isStale(_ cache: UInt8) { if waiting[cache] == nil { waiting[cache] = Backoff() } }

    /// Looks after other caches from now on; all of them are opened.
    mutating func replace(_ sources: [CacheSource]) {
        for path in context.caches.paths { tell(nil, path) }
        context.caches.replace(sources)
        waiting = Dictionary(uniqueKeysWithValues: sources.map { ($0.number, Backoff()) })
    }

    /// Opens what is to be opened, if it is time; returns the caches that it opened, which are to be taken up with
    /// ``isTakenUp(_:)``.
    mutating func openDue() -> [any CacheFileFormat] {
        var opened: [any CacheFileFormat] = []
        for cache in waiting.keys.sorted() where waiting[cache]?.isDue(context.now) == true {
            do {
                if let format = try context.caches.reopen(cache) { opened.append(format) }
            } catch {
                let now = context.now
                waiting[cache]?.failed(now)
                tell("\(error)", context.caches.path(cache) ?? "")
            }
        }
        return opened
    }

    /// What an opened cache needs is begun, and kept.
    ///
    /// Until then it is opened again each time.
    mutating func isTakenUp(_ cache: any CacheFileFormat) {
        if waiting.removeValue(forKey: cache.number)?.next != nil { tell(nil, cache.path) }
    }

    private func tell(_ problem: String?, _ path: String) {
        let source = ProblemSource.cache(path)
        if let problem, !context.board.hasProblem(source) {
            context.logger.error(
                "a cache cannot be opened; trying again, and going on with the others",
                metadata: ["problem": "\(problem)"])
        }
        context.board.set(problem: problem, of: source)
    }
}
