import Foundation
import HTTPTypes
import Hummingbird
import PurgeModel

/// The purge endpoints of the Cloudflare API, so that its SDKs and plugins work with another base URL.
struct CloudflareRoutes: Sendable {
    let zones: ZoneTable
    let acceptor: PurgeAcceptor
    let bodies: BodyReader

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        let zone = router.group("client/v4/zones/:zone_id")
        // Environments are Cloudflare's versions of a zone's settings. We have none, so a purge of one is a purge of
        // the zone: that is more than was asked for, and never less.
        for group in [zone, zone.group("environments/:environment_id")] {
            add("purge_cache", .delete, to: group)
            add("invalidate_cache", .invalidate, to: group)
        }
    }

    private func add(_ endpoint: String, _ mode: PurgeMode, to group: RouterGroup<ControlContext>) {
        for method in [HTTPRequest.Method.post, .delete] {
            // DELETE with a body is what the older plugins send.
            group.on(RouterPath(endpoint), method: method) { request, context in
                try await purge(request, context, endpoint: endpoint, mode: mode)
            }
        }
        for method in [HTTPRequest.Method.get, .head, .put, .patch] {
            group.on(RouterPath(endpoint), method: method) { _, _ in
                var response = try CloudflareError.methodNotAllowed.response()
                response.headers[.allow] = "POST, DELETE"
                return response
            }
        }
    }

    private func purge(
        _ request: Request, _ context: ControlContext, endpoint: String, mode: PurgeMode
    ) async throws -> Response {
        let zoneID = context.parameters.get("zone_id") ?? ""
        // A zone that the token must not see is as unknown as one that does not exist.
        guard let zone = zones.zone(id: zoneID), context.caller.maySee(zone.id) else {
            // Cloudflare answers an identifier that is none with both numbers.
            let unknown = CloudflareError.unknownZone(zoneID, endpoint: endpoint)
            return try CloudflareError.response(
                PurgeID(zoneID.lowercased()) == nil ? [unknown, .noRoute] : [unknown])
        }
        guard context.caller.mayPurge(zone.id) else {
            throw AccessRefusal.forbidden("the token may not purge the zone \(zone.name)")
        }
        var response = try await answer(request, context, zone: zone, mode: mode)
        // On every answer, so that clients can slow down before they have to.
        response.addHeaders(of: acceptor.limiter.remaining(of: zone.account))
        return response
    }

    private func answer(
        _ request: Request, _ context: ControlContext, zone: Zone, mode: PurgeMode
    ) async throws -> Response {
        do {
            let body = try await PurgeRequestBody.collect(request)
            let decoder = CloudflarePurgeDecoder(limits: acceptor.limits(of: zone))
            let selectors = try await bodies.read(body, for: context.tenant) { body in
                try decoder.selectors(from: body, in: zone)
            }
            let order = PurgeOrder(selectors: selectors, zone: zone, mode: mode)
            let id = try await acceptor.accept(order, from: context.sender)
            let messages = acceptor.messages(about: order).map(CloudflareProblem.init)
            return try JSONResponse.make(
                CloudflareAnswer(result: CloudflarePurgeResult(id: id.description), messages: messages))
        } catch let error as PurgeRefusal {
            return try CloudflareError(error).response()
        } catch let error as CloudflareError {
            return try error.response()
        }
    }
}
