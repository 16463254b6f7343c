import Logging

/// nginx's access log as ``LateFillKeeper`` reads it: the fetches that were added, and what is wrong with it.
struct FetchLog {
    private let log: AccessLogTail?
    private let logger: Logger
    /// Lines that were no lines of fetches.
    private(set) var badLines = 0
    /// What was warned of last.
    private var warning: String?

    /// - Parameter path: nil where there is no such log.
    init(path: String?, logger: Logger) {
        log = path.map { AccessLogTail(path: $0, lineStart: FetchLine.start) }
        self.logger = logger
    }

    /// Why it cannot be read, for people.
    var problem: String? { formatProblem ?? log?.problem }

    /// What to do about a log in another format; nil where that is right.
    ///
    /// Such a log is not used at all. That of EdgePurge 0.1 wrote keys as they were, and so whole lines of a visitor's.
    var formatProblem: String? {
        guard let log, log.isForeign else { return nil }
        return """
            \(log.path) has lines in another format than log_format edge_purge, version 2: take that format from \
            deploy/nginx/edge-purge.conf, move the log aside, and reload nginx; until then the log is not used, and a \
            purge may cost a page two extra misses
            """
    }

    /// Reads what was added; nil where there is no log that can be believed.
    mutating func read() -> [FetchLine]? {
        guard let log else { return nil }
        var fetches: [FetchLine] = []
        var bad = 0
        let wasForeign = log.isForeign
        let isThere = log.read { line in
            switch FetchLine.read(line) {
            case .fetch(let fetch): fetches.append(fetch)
            case .noFetch: break
            case .malformed: bad += 1
            }
        }
        badLines += bad + (log.isForeign && !wasForeign ? 1 : 0)
        let problem = problem ?? (bad > 0 ? "lines in another format than log_format edge_purge" : nil)
        // Once each, since a log that is read again and again has it again and again.
        if let problem, warning != problem {
            warning = problem
            logger.warning(
                """
                the access log does not help to tell new objects from old ones; after each purge they may cost up to \
                two extra misses
                """,
                metadata: ["problem": "\(problem)"]
            )
        }
        return isThere ? fetches : nil
    }
}
