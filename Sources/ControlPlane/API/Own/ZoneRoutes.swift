import Hummingbird
import PurgeModel

/// `GET /v1/zones`: the zones that the caller's purges can name; with the permission to read, all.
struct ZoneRoutes: Sendable {
    let zones: ZoneTable

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/zones") { _, context in
            try JSONResponse.make(
                ZoneList(
                    zones: zones.zones.filter { context.caller.maySee($0.id) }.map {
                        .init(id: $0.id, name: $0.name, scope: $0.scope.patterns.map(\.description))
                    }))
        }
    }
}
