import HTTPTypes
import Hummingbird

/// Refuses what a page of another web site makes an operator's browser send to this address.
///
/// Being reachable on loopback only does not stop that: the browser is on this side. Every current browser names the
/// relation in `Sec-Fetch-Site`; programs do not send the header at all.
struct CrossSiteMiddleware: RouterMiddleware {
    private let field = HTTPField.Name("Sec-Fetch-Site")

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        if request.method != .get, request.method != .head, let field {
            switch request.headers[field] {
            case nil, "same-origin", "none": break
            default: throw RequestFailure.crossSite
            }
        }
        return try await next(request, context)
    }
}
