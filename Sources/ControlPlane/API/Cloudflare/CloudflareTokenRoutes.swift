import Hummingbird
import PurgeModel

/// `GET /client/v4/user/tokens/verify`: Cloudflare's clients check their token with it.
struct CloudflareTokenRoutes: Sendable {
    /// Stands for the id of a token where there are none.
    private static let noToken = String(repeating: "0", count: 16)

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("client/v4/user/tokens/verify") { _, context in
            let id = context.caller.tokenID ?? Self.noToken
            return try JSONResponse.make(CloudflareAnswer(result: CloudflareVerification(id: id)))
        }
    }
}
