import HTTPTypes
import Hummingbird
import PurgeModel

/// What went wrong, as the Cloudflare API says it.
///
/// The numbers of the public list are used wherever it has one. What it has no number for is numbered 1150 to 1179,
/// here and nowhere else: 1150 a prefix with a scheme; 1151 with more than 31 separators; 1152 with a query or
/// fragment; 1153 wrong in another way; 1155 an empty tag or one with characters that no header can carry; 1156 too
/// many prefixes; 1157 an entry that is no string; 1158 any other refusal of the model; 1160 a body over 1 MiB; 1161
/// to 1163 messages about purges that were accepted; 1170 and 1171 Kafka; 1172 cross-site; 1179 a defect of ours.
struct CloudflareDialect: APIDialect {
    let pathPrefix = "/client/v4"

    func response(to refusal: PurgeRefusal) throws -> Response { try CloudflareError(refusal).response() }
    func response(to refusal: AccessRefusal) throws -> Response { try CloudflareError(refusal).response() }
    func response(to failure: RequestFailure) throws -> Response { try CloudflareError(failure).response() }
}

extension CloudflareError {
    init(_ refusal: PurgeRefusal) {
        let retryAfter = refusal.retryAfterSeconds
        switch refusal {
        case .nothingNamed:
            self = .noSelector
        case .emptyList(let list):
            self.init(
                1012,
                "\"\(Self.field(list))\" is empty: request must name something in \"purge_everything\", \"files\", "
                    + "\"tags\", \"hosts\" or \"prefixes\"")
        case .everythingWithOthers:
            self.init(
                1092,
                "Request cannot contain \"purge_everything\" and any of \"files\", \"tags\", \"hosts\" or \"prefixes\"")
        case .tooMany(let list, _, let limit):
            self.init(
                Self.tooMany(list), "Exceeded maximum amount of \(limit) \(Self.field(list)) on a single request")
        case .badSelector(let error, let text):
            self.init(Self.number(of: error, in: text), error.message)
        case .contradiction(let error):
            self.init(Self.number(of: error), error.message)
        case .otherZone:
            self.init(1082, refusal.message)
        case .rateLimited(let verdict, _):
            self.init(
                verdict.refusedBy == "urls" ? 1083 : 1102, refusal.message, status: .tooManyRequests,
                retryAfterSeconds: retryAfter)
        case .tooLarge:
            self.init(1160, refusal.message, status: .contentTooLarge)
        case .kafkaUnavailable:
            self.init(1170, refusal.message, status: .serviceUnavailable, retryAfterSeconds: retryAfter)
        case .outcomeUnknown:
            self.init(1171, refusal.message, status: .serviceUnavailable, retryAfterSeconds: retryAfter)
        }
    }

    /// 10000 and 9109 are the numbers that Cloudflare's clients know.
    init(_ refusal: AccessRefusal) {
        switch refusal {
        case .unknown(let message):
            self.init(10000, "Authentication error: \(message)", status: .unauthorized)
        case .forbidden(let message):
            self.init(9109, "Unauthorized to access requested resource: \(message)", status: .forbidden)
        }
    }

    init(_ failure: RequestFailure) {
        switch failure {
        case .nothingHere: self = .noRoute
        case .crossSite: self.init(1172, failure.message, status: .forbidden)
        case .malformed(let status, let message): self.init(1179, message, status: status)
        case .tooManyReads: self.init(1179, failure.message, status: .tooManyRequests)
        case .defect: self.init(1179, failure.message, status: .internalServerError)
        }
    }

    /// No selector at all, or only empty lists.
    static let noSelector = CloudflareError(
        1012, "Request must contain one of \"purge_everything\", \"files\", \"tags\", \"hosts\" or \"prefixes\"")

    /// What a list is called in a body.
    private static func field(_ list: SelectorList) -> String {
        list == .urls ? "files" : list.rawValue
    }

    private static func tooMany(_ list: SelectorList) -> Int {
        switch list {
        case .urls: 1094
        case .tags: 1101
        case .hosts: 1111
        case .prefixes: 1156
        }
    }

    /// The number of the public list for what the model refuses; one of ours where it has none.
    private static func number(of error: SelectorError) -> Int {
        switch error.code {
        case .emptySelectors: 1012
        case .invalidURL, .urlTooLong: 1015
        case .outOfScope: 1082
        case .everythingWithOthers: 1092
        case .tagTooLong: 1100
        case .hostTooLong: 1114
        case .invalidHost: 1115
        default: 1158
        }
    }

    /// As above, for an entry with this text.
    private static func number(of error: SelectorError, in text: String) -> Int {
        switch error.code {
        case .invalidPrefix where text.contains("://"): 1150
        case .prefixTooDeep: 1151
        case .invalidPrefix where text.contains("?") || text.contains("#"): 1152
        case .invalidPrefix: 1153
        case .emptyTag, .invalidTag: 1155
        default: number(of: error)
        }
    }
}
