import HTTPTypes
import Hummingbird
import NIOCore

/// Serves `OriginPages` over HTTP.
struct OriginResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    /// The pages.
    var pages: OriginPages

    func respond(to request: Request, context: Context) async throws -> Response {
        let answer = pages.answer(
            OriginRequest(
                method: request.method.rawValue,
                path: request.uri.path,
                query: request.uri.queryParameters.map { (String($0.key), String($0.value)) },
                acceptEncoding: request.headers[.acceptEncoding],
                ifNoneMatch: request.headers[.ifNoneMatch],
                range: request.headers[.range]
            )
        )
        if let hold = answer.hold, hold.part == .head { try await pages.holds.wait(hold) }
        if answer.delayMilliseconds > 0 { try await Task.sleep(for: .milliseconds(answer.delayMilliseconds)) }
        var headers = HTTPFields()
        for (name, value) in answer.fields {
            if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
        }
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: headers, body: body(answer))
    }

    /// The body, whole or in two halves with a pause between them.
    private func body(_ answer: OriginAnswer) -> ResponseBody {
        let hold = answer.hold?.part == .body ? answer.hold : nil
        guard answer.bodyDelayMilliseconds > 0 || hold != nil, answer.body.count > 1 else {
            return ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        }
        let holds = pages.holds
        return ResponseBody(contentLength: answer.body.count) { writer in
            let half = answer.body.count / 2
            try await writer.write(ByteBuffer(bytes: answer.body[..<half]))
            if let hold { try await holds.wait(hold) }
            try await Task.sleep(for: .milliseconds(answer.bodyDelayMilliseconds))
            try await writer.write(ByteBuffer(bytes: answer.body[half...]))
            try await writer.finish(nil)
        }
    }
}
