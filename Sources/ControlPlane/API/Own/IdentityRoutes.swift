import Hummingbird
import PurgeModel

/// `GET /v1/me`: what the token that was sent allows.
struct IdentityRoutes: Sendable {
    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/me") { _, context in
            let caller = context.caller
            return try JSONResponse.make(
                CallerAnswer(
                    name: caller.name, permissions: caller.effectivePermissions.map(\.rawValue),
                    zones: caller.effectiveZones.texts))
        }
    }
}
