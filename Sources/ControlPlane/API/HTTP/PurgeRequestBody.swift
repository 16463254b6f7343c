import HTTPTypes
import Hummingbird
import NIOCore
import PurgeModel

/// Reads the body of a purge request, no more of it than a purge can have.
enum PurgeRequestBody {
    /// The whole body; throws ``PurgeRefusal`` when it is larger than ``PurgeModel/Limits/eventBytesMax``, and
    /// ``RequestFailure`` when it is compressed.
    static func collect(_ request: Request) async throws -> ByteBuffer {
        let limit = Limits.eventBytesMax
        if let coding = request.headers[.contentEncoding], !coding.isEmpty, coding.lowercased() != "identity" {
            throw RequestFailure.malformed(
                .unsupportedMediaType,
                message: "the body is encoded as '\(coding.quotable)' (Content-Encoding); send it as it is")
        }
        // What says that it is too large need not be read to be refused.
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw PurgeRefusal.tooLarge(bytesMax: limit)
        }
        do {
            return try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw PurgeRefusal.tooLarge(bytesMax: limit)
        }
    }
}
