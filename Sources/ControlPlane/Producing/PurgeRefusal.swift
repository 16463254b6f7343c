import PurgeModel

/// Why a purge is not accepted, in our own words.
///
/// What is wrong is decided here and nowhere else; each dialect of the API turns it into the status, the code and the
/// body that its clients understand.
enum PurgeRefusal: Error, Hashable {
    /// Nothing is named.
    case nothingNamed
    /// A list is there, and names nothing.
    case emptyList(SelectorList)
    /// Everything is named, and something besides.
    case everythingWithOthers
    /// More entries of one kind than one request of the zone may have.
    case tooMany(SelectorList, count: Int, limit: Int)
    /// An entry that names nothing; with its text as it came.
    case badSelector(SelectorError, text: String)
    /// Each entry is good, and all of them together are not.
    case contradiction(SelectorError)
    /// A URL, a host or a prefix that belongs to somebody else.
    case otherZone(String, zone: String)
    /// The account has purged too much.
    case rateLimited(RateLimitVerdict, account: String)
    /// No purge can be so large.
    case tooLarge(bytesMax: Int)
    /// Kafka did not take it: nothing was purged.
    case kafkaUnavailable(reason: String)
    /// Kafka did not answer: it may still happen.
    case outcomeUnknown(PurgeID, reason: String)

    /// What is wrong and what to do, for people.
    ///
    /// A dialect may say it in words of its own, where clients know those or the names of fields differ.
    var message: String {
        switch self {
        case .nothingNamed: "the purge names nothing"
        case .emptyList(let list): "the list of \(list.rawValue) is empty: leave it out"
        case .everythingWithOthers: "everything stands alone"
        case .tooMany(let list, let count, let limit):
            "\(count) \(list.rawValue) in one request; at most \(limit) are allowed"
        case .badSelector(let error, _), .contradiction(let error): error.message
        case .otherZone(let value, let zone):
            "Unable to purge '\(value.quotable)'. You can only purge files for this zone (\(zone))"
        case .rateLimited(let verdict, let account):
            "Unable to purge, rate limit reached: no \(verdict.refusedBy == "urls" ? "URLs" : "requests") are left for "
                + "the account \(account); "
                + (verdict.retryAfterSeconds.map { "send it again in \($0) s" } ?? "send fewer in one request")
        case .tooLarge(let bytesMax): "Request body is larger than \(bytesMax) bytes: send several requests"
        case .kafkaUnavailable(let reason):
            "The purge was not accepted: \(reason). Nothing was purged; send it again"
        case .outcomeUnknown(let id, let reason):
            "It is not known whether the purge was accepted: \(reason). It may still happen, as GET /v1/purges/\(id) "
                + "would show; sending it again is safe"
        }
    }

    /// Seconds after which sending it again makes sense; nil when it makes none.
    var retryAfterSeconds: Int? {
        switch self {
        case .rateLimited(let verdict, _): verdict.retryAfterSeconds
        case .kafkaUnavailable, .outcomeUnknown: 1
        default: nil
        }
    }
}
