/// Whether nginx may look into its cache for a request.
enum AskAnswer: Hashable, Sendable {
    /// It may: what lies there is named by nothing, or newer than every purge that names it, or marked.
    case serve
    /// It may, and finds what was marked just now for this question.
    case marked
    /// It has to fetch the response from the origin.
    case stale(Reason)

    /// The name under which it is counted.
    var name: String {
        switch self {
        case .serve: "serve"
        case .marked: "marked"
        case .stale(let reason): reason.rawValue
        }
    }

    /// Whether nginx must not store what it fetches instead, if there is a file.
    var keepsFile: Bool { if case .stale(let reason) = self { reason.keepsFile } else { false } }

    /// Why.
    enum Reason: String, Hashable, Sendable, CaseIterable {
        /// The machine is out of service.
        case fenced
        /// The question has no cache key, or one that no cache has and no file: nginx's configuration does not set the
        /// right one.
        case noKey = "no_key"
        /// A purge is here that nobody has read yet, or a cache that is not open.
        case unsure
        /// What lies there may have been fetched before a purge, and nobody knows.
        case unproven
        /// What lies there was fetched after a purge, from a tier above that may not have applied it.
        case tier
        /// What is not in the cache may be in nginx's memory: an error that it keeps without a file.
        case unseen
        /// A file could not be read or marked.
        case unreadable
        /// A purge names more than there is room to remember, or more variants and slices than one question may mark.
        case crowded

        /// Whether nginx must not store what it fetches instead of a file that is there.
        ///
        /// What is about to be proven would be stored anew for each visitor, and never be. What may be good would go,
        /// and its variants with it: nginx keeps one of them in the place of all.
        var keepsFile: Bool {
            switch self {
            case .fenced, .unsure, .unproven, .tier: true
            case .noKey, .unseen, .unreadable, .crowded: false
            }
        }
    }
}
