internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PurgeModel

/// The purge endpoints of the Cloudflare API, so that its SDKs and plugins work with another base URL.
struct CloudflareRoutes: Sendable {
    let zones: ZoneTable
    let decoder: PurgeRequestDecoder
    let acceptor: PurgeAcceptor

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        let group = router.group("client/v4/zones/:zone_id")
        for (endpoint, mode) in [("purge_cache", PurgeMode.delete), ("invalidate_cache", .invalidate)] {
            for method in [HTTPRequest.Method.post, .delete] {
                // DELETE with a body is what the older plugins send.
                group.on(RouterPath(endpoint), method: method) { request, context in
                    try await purge(request, context, endpoint: endpoint, mode: mode)
                }
            }
            for method in [HTTPRequest.Method.get, .head, .put, .patch] {
                group.on(RouterPath(endpoint), method: method) { _, _ in
                    var response = try JSONResponse.make([CloudflareError.methodNotAllowed])
                    response.headers[.allow] = "POST, DELETE"
                    return response
                }
            }
        }
    }

    private func purge(
        _ request: Request, _ context: ControlContext, endpoint: String, mode: PurgeMode
    ) async throws -> Response {
        let zoneID = context.parameters.get("zone_id") ?? ""
        guard let zone = zones.zone(id: zoneID) else {
            // Cloudflare answers an identifier that is none with both numbers.
            let unknown = CloudflareError.unknownZone(zoneID, endpoint: endpoint)
            return try JSONResponse.make(PurgeID(zoneID.lowercased()) == nil ? [unknown, .noRoute] : [unknown])
        }
        guard context.caller.mayPurge(zone.id) else {
            throw AccessRefusal.forbidden("the token may not purge the zone \(zone.name)")
        }
        let body = try await Self.body(of: request)
        let selectors = try decoder.selectors(from: Data(body.readableBytesView), in: zone)
        let id = try await acceptor.accept(selectors, zone: zone, mode: mode, source: context.caller.source)
        return try JSONResponse.make(
            CloudflareEnvelope(success: true, result: CloudflarePurgeResult(id: id.description)))
    }

    private static func body(of request: Request) async throws -> ByteBuffer {
        let limit = Limits.eventBytesMax
        // What says that it is too large need not be read to be refused.
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw CloudflareError.bodyTooLarge(limit)
        }
        do {
            return try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw CloudflareError.bodyTooLarge(limit)
        }
    }
}
