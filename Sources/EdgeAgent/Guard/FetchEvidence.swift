import DequeModule

/// The last fetches that the access log told of, and what they say about a file.
struct FetchEvidence {
    /// When a response was fetched, seen from a purge.
    enum Verdict: Hashable {
        /// Some fetch that this may have been began before the purge, or may have.
        case stale
        /// Every fetch that this may have been began when nobody could answer with what is older than the purge.
        case fresh
        /// The log says nothing about it, or not enough.
        case unknown
    }

    private var lines: [Int: [FetchLine]] = [:]
    private var order: Deque<FetchLine> = []

    /// Fetches kept: they are asked for within parts of a second.
    private static let linesMax = 65_536
    /// How far apart nginx's clock, which stands still while it works, and the file's time may be, in milliseconds.
    static let tolerance: Int64 = 250
    /// How far apart they usually are, at most.
    private static let jitter: Int64 = 8

    mutating func add(_ line: FetchLine) {
        var line = line
        line.names = nil
        lines[line.key, default: []].append(line)
        order.append(line)
        guard order.count > Self.linesMax, let oldest = order.popFirst() else { return }
        // The oldest of all is the oldest of its key.
        lines[oldest.key]?.removeFirst()
        if lines[oldest.key]?.isEmpty == true { lines[oldest.key] = nil }
    }

    mutating func removeAll() {
        lines = [:]
        order = []
    }

    /// Judges a file by the lines that were written when it landed.
    ///
    /// - Parameters:
    ///   - reference: What began at or before this moment may be older than the purge: milliseconds since 1970.
    ///   - provenFrom: What began later is newer; between the two nobody knows.
    ///   - previous: When an earlier file of this name landed. A line nearer to that moment, or to the purge, is about
    ///     that one, or about what the purge has purged.
    func verdict(_ facts: FillFacts, reference: Int64, provenFrom: Int64, previous: Int64?) -> Verdict {
        var verdict = Verdict.unknown
        var isUncertain = false
        for line in lines[facts.key] ?? [] {
            let distance = abs(line.logged - facts.changed)
            guard distance <= Self.tolerance else { continue }
            let began = began(line, facts)
            let isProven = began > provenFrom
            let isOfAnother = abs(line.logged - max(reference, previous ?? reference)) < distance
            // A line about an old response counts all the same when the two are so close that nobody can tell them
            // apart.
            if isOfAnother, isProven || distance > Self.jitter { continue }
            if began <= reference { return .stale }
            if !isProven { isUncertain = true }
            // Of another request for the same key, which says nothing about the one whose response was stored.
            if line.isStored { verdict = .fresh }
        }
        return isUncertain ? .unknown : verdict
    }

    /// The latest moment before which the fetch certainly did not begin.
    ///
    /// Not before the request came. And not before the response head came, less the time it took: that tells more about
    /// a request that waited for another one's fill (`proxy_cache_lock`). `$msec - $upstream_response_time` is no such
    /// bound: the line is written when the visitor has the whole response, which may be long after the origin had sent
    /// it.
    private func began(_ line: FetchLine, _ facts: FillFacts) -> Int64 {
        guard let headerTime = line.headerTime else { return line.requested }
        return max(line.requested, facts.date * 1000 - headerTime)
    }
}
