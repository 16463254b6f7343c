internal import HTTPTypes
internal import Hummingbird
internal import PurgeModel

/// `GET /v1/purges/{id}/progress`: a purge as it is being applied, as server-sent events.
struct ProgressRoutes: Sendable {
    let ledger: PurgeLedger
    let history: PurgeHistory
    /// Waiting requests at once; each holds a connection.
    let waitersMax: Int

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/purges/:id/progress") { _, context in
            let id = try PurgeRoutes.id(context)
            guard ledger.waiterCount < waitersMax else { throw PurgeRoutes.tooManyWaiting(waitersMax) }
            let first = try await PurgeRoutes.status(of: id, for: context.caller, in: history, ledger)
            var fields = HTTPFields()
            fields[.contentType] = "text/event-stream"
            fields[.cacheControl] = "no-store"
            let events = ProgressEvents(id: id, first: first, ledger: ledger, history: history)
            return Response(status: .ok, headers: fields, body: ResponseBody(asyncSequence: events))
        }
    }
}
