import HTTPTypes
import Hummingbird
import PurgeModel

/// A refusal of our own API: `{"error":{"code":"…","message":"…"}}`.
struct APIError: DialectError, Equatable {
    /// A word that programs compare.
    let code: String
    /// What failed, on what, and what to do.
    let message: String
    let status: HTTPResponse.Status
    /// Seconds after which asking again makes sense; nil when it makes none.
    let retryAfterSeconds: Int?

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

    func response() throws -> Response {
        try JSONResponse.make(
            ErrorAnswer(code: code, message: message), status: status,
            headers: JSONResponse.retryAfter(retryAfterSeconds))
    }
}
