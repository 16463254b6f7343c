/// A comparison of index and disk on its way: where it is, and what it has found.
///
/// ``IndexVerifier`` does it, one step a round, and repairs what it finds.
struct Verification {
    /// What is looked through, in this order.
    enum Phase: Sendable {
        /// The directories of the caches, against the index.
        case disk
        /// Files in the index: does each lead to an object?
        case files
        /// Objects: is each found by its file, URL and tags?
        case objects
        /// URLs and tags: does each lead to an object?
        case urls, tags
        /// Names of hosts and tags: does each still stand for something?
        case hosts, labels
        case end
    }

    /// A file that differed when it was looked at; what it and the index were then.
    ///
    /// The watcher may be about to report it: only what is still the same after it was drained is a difference.
    struct Candidate {
        var key: ObjectKey
        var state: State

        struct State: Equatable {
            /// Generation of the file on disk; nil: there is none.
            var disk: UInt64?
            var entry: FileEntry?
        }
    }

    /// Who waits for it; nil: nobody, it runs in the background.
    let task: Int?
    var phase = Phase.disk
    var scans: [CacheScan]
    var candidates: [Candidate] = []
    /// Where the phase goes on; nil: at its beginning.
    var cursor: [UInt8]?
    /// Files and entries looked at.
    var handled = 0
    var report = VerificationReport()
    /// Objects counted, and how often the totals had changed when the counting began.
    var counted = (totals: IndexTotals(), changes: UInt64(0))

    init(_ caches: CacheSet, task: Int?) {
        let open = caches.formats
        scans = open.map { CacheScan($0) }
        self.task = task
        report.notCompared = caches.paths.filter { path in !open.contains { $0.path == path } }
    }

    /// Goes on behind a page, or with the next phase.
    mutating func advance(to next: [UInt8]?) {
        cursor = next
        guard next == nil else { return }
        phase =
            switch phase {
            case .disk: .files
            case .files: .objects
            case .objects: .urls
            case .urls: .tags
            case .tags: .hosts
            case .hosts: .labels
            case .labels, .end: .end
            }
    }
}
