import LinuxFiles
import Logging

/// Opens the caches, and opens them anew when their directories became others.
///
/// What another directory holds may have missed purges that were applied before it came. One that cannot be opened is
/// tried again by and by.
struct CacheReplacer {
    /// A cache that was opened.
    struct Opened {
        let cache: UInt8
        /// Whether another directory was open before.
        let isOther: Bool
    }

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

    /// Opens what is to be opened, if it is time; returns the caches that it opened.
    mutating func openDue() -> [Opened] {
        var opened: [Opened] = []
        for cache in waiting.keys.sorted() where waiting[cache]?.isDue(context.now) == true {
            let path = context.caches.path(cache) ?? ""
            do {
                let isOther = try context.caches.reopen(cache)
                if isOther {
                    context.logger.warning(
                        "the cache directory is another one now; looking through it, and flushing what it holds",
                        metadata: ["path": "\(path)"])
                }
                if waiting.removeValue(forKey: cache)?.next != nil { tell(nil, path) }
                opened.append(Opened(cache: cache, isOther: isOther))
            } catch {
                let now = context.now
                waiting[cache]?.failed(now)
                tell("\(error)", path)
            }
        }
        return opened
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
