/// Something in nginx's configuration that keeps a purge from what it promises, or makes it cost more.
struct NginxFinding: Hashable, Sendable, Encodable {
    /// What it is, for scripts.
    enum Kind: String, Sendable, Encodable {
        case accessLogBuffered = "access_log_buffered"
        case accessLogFormat = "access_log_format"
        case accessLogKey = "access_log_key"
        case accessLogMissing = "access_log_missing"
        case askKeyDiffers = "ask_key_differs"
        case askMissing = "ask_missing"
        case askOpens = "ask_opens"
        case askOverridden = "ask_overridden"
        case askTooLate = "ask_too_late"
        case cacheKeyDiffers = "cache_key_differs"
        case cacheKeyMissing = "cache_key_missing"
        case cachePathMissing = "cache_path_missing"
        case cachePathUnknown = "cache_path_unknown"
        case errorsInMemory = "errors_in_memory"
        case fenceMissing = "fence_missing"
        case fenceOverridden = "fence_overridden"
        case includeMissing = "include_missing"

        /// Whether purges are missed, or told as complete though visitors get what they named; else they cost more than
        /// they need to, or something is not known.
        var isGrave: Bool {
            switch self {
            case .accessLogBuffered, .accessLogFormat, .accessLogKey, .accessLogMissing, .errorsInMemory,
                .includeMissing:
                false
            case .askKeyDiffers, .askMissing, .askOpens, .askOverridden, .askTooLate, .cacheKeyDiffers,
                .cacheKeyMissing, .cachePathMissing, .cachePathUnknown, .fenceMissing, .fenceOverridden:
                true
            }
        }
    }

    var kind: Kind
    /// `/etc/nginx/nginx.conf:12`; nil where it stands nowhere.
    var place: String?
    /// What is wrong, and what it leads to.
    var problem: String
    /// What to do.
    var advice: String

    enum CodingKeys: String, CodingKey {
        case kind, place, problem, advice
    }
}
