internal import HTTPTypes
internal import Hummingbird

/// A refusal of our own API: `{"error":{"code":"…","message":"…"}}`.
struct APIError: Error, HTTPResponseError, Encodable, Equatable {
    private struct Body: Encodable {
        struct Content: Encodable {
            var code: String
            var message: String
        }

        var error: Content
    }

    private enum CodingKeys: CodingKey {
        case code, message
    }

    /// A word that programs compare.
    var code: String
    /// What failed, on what, and what to do.
    var message: String
    var status: HTTPResponse.Status
    /// Seconds after which asking again makes sense; nil when it makes none.
    var retryAfterSeconds: Int?

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// What is asked for may be among the purges that are still being read.
    static let starting = APIError(
        .serviceUnavailable, "starting", "the purges of the last hours are still being read; ask again in a moment",
        retryAfterSeconds: 1)

    func response(from request: Request, context: some RequestContext) throws -> Response {
        try JSONResponse.make(
            Body(error: .init(code: code, message: message)), status: status,
            headers: JSONResponse.retryAfter(retryAfterSeconds))
    }
}
