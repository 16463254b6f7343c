import Hummingbird
import PurgeModel

/// Turns errors into `{"error":{"code":…,"message":…}}`.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let details: ErrorAnswer
        let status: HTTPResponse.Status
        do {
            return try await next(request, context)
        } catch let error as SelectorError {
            (status, details) = (.badRequest, .init(code: error.code.rawValue, message: error.message))
        } catch let error as QueryError {
            (status, details) = (.badRequest, .init(code: "invalid_query", message: error.description))
        } catch let error as HTTPError where error.status == .notFound {
            (status, details) = (.notFound, .init(code: "not_found", message: "no such page: \(request.uri.path)"))
        } catch {
            (status, details) = (.internalServerError, .init(code: "internal", message: "\(error)"))
        }
        var response = try LocalAnswer(details).response(from: request, context: context)
        response.status = status
        return response
    }
}
