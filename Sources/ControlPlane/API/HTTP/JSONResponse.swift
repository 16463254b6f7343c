import Foundation
import HTTPTypes
import Hummingbird

/// Writes the JSON answers of every route in one form.
enum JSONResponse {
    /// An answer with the value.
    ///
    /// Never stored by a cache on the way: it is about this moment.
    static func make(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        let body = ByteBuffer(bytes: try encoder.encode(value))
        var fields = headers
        fields[.contentType] = "application/json; charset=utf-8"
        fields[.contentLength] = String(body.readableBytes)
        fields[.cacheControl] = "no-store"
        fields[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: body))
    }

    /// The value as text of one line.
    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// The header that tells a client when to come back; none for nil.
    static func retryAfter(_ seconds: Int?) -> HTTPFields {
        var fields = HTTPFields()
        if let seconds { fields[.retryAfter] = String(seconds) }
        return fields
    }
}
