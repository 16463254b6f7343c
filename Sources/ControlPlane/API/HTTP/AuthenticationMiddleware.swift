import Hummingbird
import Logging

/// Finds out who sent a request; nobody that is not known gets further.
struct AuthenticationMiddleware: RouterMiddleware {
    let authenticator: Authenticator
    let refusals: RefusalLog

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do throws(AccessRefusal) {
            context.caller = try authenticator.caller(of: request)
        } catch {
            refusals.note(error, request: request, context: context)
            throw error
        }
        do {
            return try await next(request, context)
        } catch let error as AccessRefusal {
            refusals.note(error, request: request, context: context)
            throw error
        }
    }
}
