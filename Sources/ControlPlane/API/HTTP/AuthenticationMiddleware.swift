import Hummingbird
import Logging

/// Finds out who sent a request; nobody that is not known gets further.
struct AuthenticationMiddleware: RouterMiddleware {
    let authenticator: Authenticator
    let refusals: RefusalLog
    /// Told how each request ended.
    let count: @Sendable (Result<Response, any Error>, Caller) -> Void

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do throws(AccessRefusal) {
            context.caller = try authenticator.caller(of: request)
        } catch {
            refusals.note(error, request: request, context: context)
            count(.failure(error), .nobody)
            throw error
        }
        do {
            let response = try await next(request, context)
            count(.success(response), context.caller)
            return response
        } catch {
            if let refusal = error as? AccessRefusal { refusals.note(refusal, request: request, context: context) }
            count(.failure(error), context.caller)
            throw error
        }
    }
}
