import Logging

/// nginx's access log as ``LateFillKeeper`` reads it: the fetches that were added, and what is wrong with it.
struct FetchLog {
    private let log: AccessLogTail?
    private let logger: Logger
    /// Lines that were no lines of fetches.
    private(set) var badLines = 0
    private var hasWarned = false

    /// - Parameter path: nil where there is no such log.
    init(path: String?, logger: Logger) {
        log = path.map { AccessLogTail(path: $0) }
        self.logger = logger
    }

    /// Why it cannot be read, for people.
    var problem: String? { log?.problem }

    /// Reads what was added; nil where there is no log.
    mutating func read() -> [FetchLine]? {
        guard let log else { return nil }
        var fetches: [FetchLine] = []
        var bad = 0
        let isThere = log.read { line in
            switch FetchLine.read(line) {
            case .fetch(let fetch): fetches.append(fetch)
            case .noFetch: break
            case .malformed: bad += 1
            }
        }
        badLines += bad
        if bad > 0 || !isThere, !hasWarned {
            hasWarned = true
            logger.warning(
                """
                the access log does not help to tell new objects from old ones; after each purge they may cost up to \
                two extra misses
                """,
                metadata: ["problem": "\(log.problem ?? "lines in another format than log_format edge_purge")"]
            )
        }
        return isThere ? fetches : nil
    }
}
