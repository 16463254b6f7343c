import Logging
import PurgeModel

/// Tells of objects whose cache keys could not be taken apart: no purge by URL, host or prefix finds them.
struct UnmatchedKeys {
    private let context: FilesContext
    /// How much was in the index when it was looked at last, and when that was.
    private var seen = IndexTotals()
    private var lookedAt: ContinuousClock.Instant?
    private var isLogged = false
    /// Since when there have been any.
    private var since: ContinuousClock.Instant?

    /// One object in so many is a problem; fewer may be left of another configuration.
    private static let share = 100
    private static let pause = Duration.seconds(1)
    /// So long may a name that is learnt take: until a visitor has the whole response.
    private static let learning = Duration.seconds(10)

    init(_ context: FilesContext) { self.context = context }

    /// Tells what has changed; once a round.
    mutating func tell() throws {
        let totals = context.board.indexed
        since = totals.unmatched == 0 ? nil : since ?? context.now
        if let since, context.caches.learns, since.duration(to: context.now) < Self.learning { return }
        guard totals != seen, lookedAt.map({ $0.duration(to: context.now) >= Self.pause }) ?? true else { return }
        lookedAt = context.now
        seen = totals
        let isProblem = totals.unmatched * Self.share > totals.objects
        guard isProblem || totals.unmatched > 0 && !isLogged || context.board.hasProblem(.keys) else { return }
        let text = isProblem || !isLogged ? try describe(totals) : nil
        if let text, !isLogged {
            isLogged = true
            context.logger.warning("\(text)")
        }
        if isProblem != context.board.hasProblem(.keys) {
            context.board.set(problem: isProblem ? text : nil, of: .keys)
        }
    }

    private func describe(_ totals: IndexTotals) throws -> String {
        var text =
            "\(totals.unmatched) of \(totals.objects) files fit none of the cache keys, so purges by URL, host or "
            + "prefix do not find them; compare caches[].cache_key with proxy_cache_key in nginx"
        guard let number = try context.index.hostNumber([]) else { return text }
        let range = IndexRange(.urls, prefix: IndexKeys.urlPrefix(number))
        let ids = try context.index.objectIDs(in: range, from: range.lower, limit: 1).ids
        guard let record = try context.index.records(ids).first?.record, let key = record.targets.first else {
            return text
        }
        text += ". For example \(context.caches.path(of: record.key) ?? "a file") with the key "
        text += "\(QuotedValue(bytes: key.span))"
        return text
    }
}
