import HTTPTypes
import Hummingbird
import Logging
import PurgeModel
import Threads

/// Turns every error into the form of the API it happened in, so that a client never has to read anything else.
struct ErrorMiddleware: RouterMiddleware {
    /// The dialects; the first whose paths a request has is spoken.
    let dialects: [any APIDialect]
    /// What is spoken on all other paths.
    let standard: any APIDialect

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        let dialect = dialects.first { request.uri.path.hasPrefix($0.pathPrefix) } ?? standard
        do {
            return try await next(request, context)
        } catch let error as any DialectError {
            return try error.response()
        } catch let error as PurgeRefusal {
            return try dialect.response(to: error)
        } catch let error as AccessRefusal {
            var response = try dialect.response(to: error)
            if response.status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer realm=\"edge-purge\"" }
            return response
        } catch let error as RequestFailure {
            return try dialect.response(to: error)
        } catch let error as TurnQueue<Tenant>.Full {
            return try dialect.response(to: RequestFailure.tooManyReads(error.waitingMax))
        } catch let error as any HTTPResponseError {
            return try dialect.response(to: Self.failure(error, request))
        } catch let error as CancellationError {
            // The client is gone or the server stops: there is nobody to answer.
            throw error
        } catch {
            context.logger.error(
                "a request failed",
                metadata: ["path": "\(request.uri.path)", "method": "\(request.method)", "error": "\(error)"])
            return try dialect.response(to: RequestFailure.defect)
        }
    }

    private static func failure(_ error: any HTTPResponseError, _ request: Request) -> RequestFailure {
        if error.status == .notFound {
            return .nothingHere(method: "\(request.method)", path: request.uri.path.quotable)
        }
        return .malformed(error.status, message: (error as? HTTPError)?.body ?? error.status.reasonPhrase)
    }
}
