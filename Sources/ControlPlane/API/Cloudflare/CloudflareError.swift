internal import HTTPTypes
internal import Hummingbird
internal import PurgeModel

/// A refusal in the form of the Cloudflare API: a number that programs compare and a sentence for people.
///
/// The numbers of the public list are used wherever it has one; what it has no number for is numbered 1150 to 1179, and all of
/// those are here and nowhere else. Statuses are 4xx or 5xx, because Cloudflare's own clients take any 200 for a success, and
/// never 409, because they send that again.
struct CloudflareError: Error, Equatable {
    /// The number in `errors[].code`.
    var code: Int
    /// The sentence in `errors[].message`.
    var message: String
    /// The status of the response.
    var status: HTTPResponse.Status
    /// Seconds after which sending it again makes sense; nil when it makes none.
    var retryAfterSeconds: Int?

    init(_ code: Int, _ message: String, status: HTTPResponse.Status = .badRequest, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
    }
}

// MARK: Numbers of the public list

extension CloudflareError {
    /// Nothing is at this path.
    static let noRoute = CloudflareError(7000, "No route for that URI", status: .notFound)

    /// The path is right, its method is not.
    static let methodNotAllowed = CloudflareError(
        10405, "Method not allowed: send POST (or DELETE, as older clients do)", status: .methodNotAllowed)

    /// The zone of the path is not one of ours, or no identifier at all.
    static func unknownZone(_ id: String, endpoint: String) -> CloudflareError {
        CloudflareError(
            7003,
            "Could not route to /zones/\(shown(id))/\(endpoint), perhaps your object identifier is invalid? "
                + "GET /v1/zones lists the zones that are configured here",
            status: .notFound)
    }

    /// The body is not JSON.
    static func malformed(_ reason: String) -> CloudflareError {
        CloudflareError(6007, "Malformed JSON in request body: \(reason)")
    }

    /// No selector at all, or only empty lists.
    static let noSelector = CloudflareError(
        1012, "Request must contain one of \"purge_everything\", \"files\", \"tags\", \"hosts\" or \"prefixes\"")

    /// A selector is there, and names nothing.
    static func emptyList(_ field: String) -> CloudflareError {
        CloudflareError(
            1012,
            "\"\(field)\" is empty: request must name something in \"purge_everything\", \"files\", \"tags\", "
                + "\"hosts\" or \"prefixes\"")
    }

    /// An entry of `files` is an object without a URL.
    static func fileWithoutURL(at index: Int) -> CloudflareError {
        CloudflareError(
            1012, "\"files\"[\(index)] must be a URL, or an object with a \"url\" and, if wanted, \"headers\"")
    }

    /// `purge_everything` is false, or not a truth value.
    static let everythingNotTrue = CloudflareError(1013, "\"purge_everything\" must be true")

    /// A selector is not a list.
    static func notAnArray(_ field: String) -> CloudflareError {
        CloudflareError(1014, "\"files\", \"tags\", \"hosts\" or \"prefixes\" must be an array; \"\(field)\" is not")
    }

    /// The URL, host or prefix belongs to somebody else.
    static func otherZone(_ value: String, zone: String) -> CloudflareError {
        CloudflareError(1082, "Unable to purge '\(shown(value))'. You can only purge files for this zone (\(zone))")
    }

    /// `purge_everything` beside another selector.
    static let everythingWithOthers = CloudflareError(
        1092, "Request cannot contain \"purge_everything\" and any of \"files\", \"tags\", \"hosts\" or \"prefixes\"")

    /// Too many keys of one kind: 1094 for files, 1101 for tags, 1111 for hosts, our 1156 for prefixes.
    static func tooMany(_ field: String, limit: Int) -> CloudflareError {
        let codes = ["files": 1094, "tags": 1101, "hosts": 1111]
        return CloudflareError(codes[field] ?? 1156, "Exceeded maximum amount of \(limit) \(field) on a single request")
    }

    /// A selector that the model refuses, with the number of the public list where there is one (1015 an unreadable
    /// URL, 1100 a long tag, 1114 a long host, 1115 no host) and one of our own otherwise.
    init(_ error: SelectorError, in value: String) {
        self.init(error.cloudflareCode ?? Self.ownCode(of: error, in: value), error.message)
    }

    private static func ownCode(of error: SelectorError, in value: String) -> Int {
        switch error.code {
        case .invalidPrefix where value.contains("://"): 1150
        case .prefixTooDeep: 1151
        case .invalidPrefix where value.contains("?") || value.contains("#"): 1152
        case .invalidPrefix: 1153
        case .emptyTag, .invalidTag: 1155
        default: 1158
        }
    }
}

// MARK: Numbers of our own, 1150 to 1179
//
// 1150 a prefix with a scheme; 1151 with more than 31 separators; 1152 with a query or fragment; 1153 wrong in another way;
// 1155 an empty tag or one with characters that no header can carry; 1156 too many prefixes; 1157 an entry that is no string;
// 1158 any other refusal of the model; 1160 a body over 1 MiB; 1170 and 1171 Kafka; 1172 cross-site; 1179 a defect of ours.

extension CloudflareError {
    /// An entry of a list has the wrong type.
    static func notAString(_ field: String, at index: Int) -> CloudflareError {
        CloudflareError(1157, "\"\(field)\"[\(index)] must be a string")
    }

    /// The selectors contradict each other or the limits in a way that has no number of its own.
    static func refused(_ error: SelectorError) -> CloudflareError {
        CloudflareError(error.cloudflareCode ?? 1158, error.message)
    }

    /// The body is larger than a purge may be.
    static func bodyTooLarge(_ limit: Int) -> CloudflareError {
        CloudflareError(
            1160, "Request body is larger than \(limit) bytes: send several requests", status: .contentTooLarge)
    }

    /// The account has purged too much; 1083 and 1102 are the public numbers for URLs and for tags.
    static func rateLimited(_ verdict: RateLimitVerdict, account: String) -> CloudflareError {
        let (code, what) = verdict.refusedBy == "urls" ? (1083, "URLs") : (1102, "requests")
        let advice =
            verdict.retryAfterSeconds.map { "send it again in \($0) s" } ?? "send fewer in one request"
        return CloudflareError(
            code, "Unable to purge, rate limit reached: no \(what) are left for the account \(account); \(advice)",
            status: .tooManyRequests, retryAfterSeconds: verdict.retryAfterSeconds)
    }

    /// The purge was not accepted, because Kafka did not take it.
    static func unavailable(_ reason: String) -> CloudflareError {
        CloudflareError(
            1170, "The purge was not accepted: \(reason). Nothing was purged; send it again",
            status: .serviceUnavailable, retryAfterSeconds: 1)
    }

    /// Kafka did not answer: the purge may still happen.
    static func outcomeUnknown(id: String, reason: String) -> CloudflareError {
        CloudflareError(
            1171,
            "It is not known whether the purge was accepted: \(reason). It may still happen, as GET /v1/purges/\(id) "
                + "would show; sending it again is safe",
            status: .serviceUnavailable, retryAfterSeconds: 1)
    }

    /// A page of another site made a visitor's browser send this.
    static let crossSite = CloudflareError(
        1172, "Requests that another web site makes a browser send are refused", status: .forbidden)

    /// Something failed that should not.
    static let internalFailure = CloudflareError(
        1179, "Internal error; the log of the control plane has the details", status: .internalServerError)

    /// A value as an error may quote it: short, and without control characters.
    static func shown(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars.prefix(200) {
            text.unicodeScalars.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
        }
        return value.unicodeScalars.count > 200 ? text + "…" : text
    }
}
