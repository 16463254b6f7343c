import Hummingbird
import PurgeModel

/// `GET /client/v4/zones` and `/zones/{id}`: plugins look up the identifier of a zone by its name before they purge.
struct CloudflareZoneRoutes: Sendable {
    let zones: ZoneTable

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        let group = router.group("client/v4/zones")
        group.get { request, context in
            let name = request.uri.queryParameters.get("name")?.lowercased()
            let found = zones.zones.filter {
                (name == nil || $0.name.lowercased() == name) && context.caller.maySee($0.id)
            }
            // Clients ask for one page after another until one is empty.
            let page = Self.number("page", request, default: 1, in: 1...1_000_000)
            let perPage = Self.number("per_page", request, default: 20, in: 5...50)
            let shown = found.dropFirst((page - 1) * perPage).prefix(perPage).map(CloudflareZone.init)
            return try JSONResponse.make(
                CloudflareAnswer(
                    result: shown,
                    resultInfo: CloudflarePage(
                        page: page, perPage: perPage, count: shown.count, totalCount: found.count)))
        }
        group.get(":zone_id") { _, context in
            let id = context.parameters.get("zone_id") ?? ""
            // A zone of others is as unknown as one that does not exist: a token must not be able to find out.
            guard let zone = zones.zone(id: id), context.caller.maySee(zone.id) else {
                throw CloudflareError.unknownZone(id, endpoint: "")
            }
            return try JSONResponse.make(CloudflareAnswer(result: CloudflareZone(zone)))
        }
    }

    /// A parameter cut to what is allowed; the default for what is no number.
    private static func number(
        _ name: Substring, _ request: Request, default standard: Int, in range: ClosedRange<Int>
    ) -> Int {
        let value = request.uri.queryParameters[name].flatMap { Int($0) } ?? standard
        return min(max(value, range.lowerBound), range.upperBound)
    }
}
