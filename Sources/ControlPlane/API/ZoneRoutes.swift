internal import Hummingbird
internal import PurgeModel

/// `GET /v1/zones`: the zones that purges can name.
struct ZoneRoutes<Context: RequestContext>: Sendable {
    private struct List: Encodable {
        struct Item: Encodable {
            var id: String
            var name: String
            var scope: [String]
        }

        var zones: [Item]
    }

    let zones: ZoneTable

    /// Adds the routes.
    func add(to router: Router<Context>) {
        router.get("v1/zones") { _, _ in
            try JSONResponse.make(
                List(
                    zones: zones.zones.map {
                        .init(id: $0.id, name: $0.name, scope: $0.scope.patterns.map(\.description))
                    }))
        }
    }
}
