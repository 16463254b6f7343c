internal import Hummingbird

/// `GET /client/v4/zones` and `/zones/{id}`: plugins look up the identifier of a zone by its name before they purge.
struct CloudflareZoneRoutes<Context: RequestContext>: Sendable {
    let zones: ZoneTable

    /// Adds the routes.
    func add(to router: Router<Context>) {
        let group = router.group("client/v4/zones")
        group.get { request, _ in
            let name = request.uri.queryParameters.get("name")?.lowercased()
            let found = zones.zones.filter { name == nil || $0.name.lowercased() == name }.map(Self.shown)
            return try JSONResponse.make(
                CloudflareEnvelope(success: true, result: found, resultInfo: CloudflarePage(count: found.count)))
        }
        group.get(":zone_id") { _, context in
            let id = context.parameters.get("zone_id") ?? ""
            guard let zone = zones.zone(id: id) else { throw CloudflareError.unknownZone(id, endpoint: "") }
            return try JSONResponse.make(CloudflareEnvelope(success: true, result: Self.shown(zone)))
        }
    }

    private static func shown(_ zone: Zone) -> CloudflareZone {
        CloudflareZone(id: zone.id, name: zone.name)
    }
}
