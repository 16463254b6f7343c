import HTTPTypes
import Hummingbird
import PurgeModel

/// A refusal in the form of the Cloudflare API: a number that programs compare and a sentence for people.
///
/// Statuses are 4xx or 5xx, because Cloudflare's own clients take any 200 for a success, and never 409, because they
/// send that again.
struct CloudflareError: DialectError, Equatable {
    /// The number in `errors[].code`.
    let code: Int
    /// The sentence in `errors[].message`.
    let message: String
    /// The status of the response.
    let status: HTTPResponse.Status
    /// Seconds after which sending it again makes sense; nil when it makes none.
    let retryAfterSeconds: Int?

    init(_ code: Int, _ message: String, status: HTTPResponse.Status = .badRequest, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
    }

    func response() throws -> Response {
        try Self.response([self])
    }

    /// One answer for several errors; the first decides about the status.
    static func response(_ errors: [CloudflareError]) throws -> Response {
        let first = errors.first ?? CloudflareError(.defect)
        let answer = CloudflareAnswer<CloudflarePurgeResult>(
            errors: errors.map { CloudflareProblem(code: $0.code, message: $0.message) })
        return try JSONResponse.make(
            answer, status: first.status, headers: JSONResponse.retryAfter(first.retryAfterSeconds))
    }
}

// MARK: What only this API can get wrong, all with numbers of the public list but 1157

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
            "Could not route to /zones/\(id.quotable)/\(endpoint), perhaps your object identifier is invalid? "
                + "GET /v1/zones lists the zones that are configured here",
            status: .notFound)
    }

    /// The body is not JSON.
    static func malformed(_ reason: String) -> CloudflareError {
        CloudflareError(6007, "Malformed JSON in request body: \(reason)")
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

    /// An entry of a list has the wrong type.
    static func notAString(_ field: String, at index: Int) -> CloudflareError {
        CloudflareError(1157, "\"\(field)\"[\(index)] must be a string")
    }
}
