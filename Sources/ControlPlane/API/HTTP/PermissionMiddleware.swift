import Hummingbird

/// Lets only callers with a permission reach the routes of a group.
struct PermissionMiddleware: RouterMiddleware {
    let permission: Permission

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        guard context.caller.may(permission) else {
            throw AccessRefusal.forbidden("this needs a token with the permission \(permission.rawValue)")
        }
        return try await next(request, context)
    }
}
