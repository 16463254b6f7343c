import HTTPTypes
import Hummingbird
import PurgeModel

/// `GET /v1/purges/{id}/progress`: a purge as it is being applied, as server-sent events.
struct ProgressRoutes: Sendable {
    let ledger: PurgeLedger
    let history: PurgeHistory
    let held: HeldRequests
    let connectionsMax: Int
    let authenticator: Authenticator

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/purges/:id/progress") { request, context in
            let id = try PurgeRoutes.id(context)
            let tenant = context.tenant
            let place = try held.place(for: tenant, of: connectionsMax)
            let first = try await PurgeRoutes.status(of: id, for: context.caller, tenant, in: history, ledger)
            var fields = HTTPFields()
            fields[.contentType] = "text/event-stream"
            fields[.cacheControl] = "no-store"
            let events = ProgressEvents(
                id: id, first: first, caller: context.caller, tenant: tenant, ledger: ledger, history: history,
                authenticator: authenticator)
            if first.state == .confirmed {
                return Response(status: .ok, headers: fields, body: ResponseBody(asyncSequence: events))
            }
            let body = ResponseBody { writer in
                // That a client is gone is noticed at once, not only when there is something to tell. The connection
                // ends with the stream.
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    for try await event in events { try await writer.write(event) }
                    try await writer.finish(nil)
                }
                withExtendedLifetime(place) {}
            }
            return Response(status: .ok, headers: fields, body: body)
        }
    }
}
