internal import Hummingbird

/// `GET /v1/me` and `GET /client/v4/user/tokens/verify`: what the token that was sent allows.
struct IdentityRoutes: Sendable {
    private struct Me: Encodable {
        var name: String?
        var permissions: [Permission]
        var zones: [String]
    }

    /// What Cloudflare's clients read after a check of their token.
    private struct Verification: Encodable, Sendable {
        var id: String
        var status = "active"
    }

    /// Stands for the id of a token where there are none.
    private static let noToken = String(repeating: "0", count: 16)

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/me") { _, context in
            let caller = context.caller
            return try JSONResponse.make(
                Me(
                    name: caller.name, permissions: caller.effectivePermissions,
                    zones: caller.effectiveZones.texts))
        }
        router.get("client/v4/user/tokens/verify") { _, context in
            try JSONResponse.make(
                CloudflareEnvelope(success: true, result: Verification(id: context.caller.tokenID ?? Self.noToken)))
        }
    }
}
