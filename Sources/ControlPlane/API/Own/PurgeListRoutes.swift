import Hummingbird
import PurgeModel

/// `GET /v1/purges`: the history of purges, the newest first, in pages.
struct PurgeListRoutes: Sendable {
    private static let countMax = 500
    /// Characters of a text that is looked for.
    private static let textMax = 1000

    let history: PurgeHistory

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/purges") { request, context in
            let (filter, place, count) = try Self.query(request, caller: context.caller)
            let tenant = context.tenant
            guard filter.isSearch else { return try await answer(filter, place, count, tenant) }
            // A search takes long, and ends when nobody waits for it any more. Its connection ends with it.
            return try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await answer(filter, place, count, tenant)
            }
        }
    }

    private func answer(
        _ filter: PurgeFilter, _ place: HistoryPlace?, _ count: Int, _ tenant: Tenant
    ) async throws -> Response {
        let page = try await history.page(filter, after: place, count: count, for: tenant)
        return try JSONResponse.make(PurgePage(purges: page.purges, next: page.next?.cursor))
    }

    private static func query(
        _ request: Request, caller: Caller
    ) throws -> (filter: PurgeFilter, place: HistoryPlace?, count: Int) {
        let parameters = request.uri.queryParameters
        func text(_ name: Substring) -> String? { parameters[name].map(String.init) }
        func refused(_ name: String, value: String, allowed: String) -> APIError {
            APIError(.badRequest, "bad_query", "\(name) '\(value.quotable)' is not \(allowed)")
        }
        var count = 50
        if let limit = text("limit") {
            guard let number = Int(limit), (1...countMax).contains(number) else {
                throw refused("limit", value: limit, allowed: "a number from 1 to \(countMax)")
            }
            count = number
        }
        var place: HistoryPlace?
        if let before = text("before") {
            place = HistoryPlace(cursor: before)
            guard place != nil else {
                throw refused("before", value: before, allowed: "the 'next' of an earlier answer")
            }
        }
        var state: PurgeStatus.State?
        if let word = text("state") {
            state = PurgeStatus.State(rawValue: word)
            guard state != nil else { throw refused("state", value: word, allowed: "pending or confirmed") }
        }
        let search = text("q")
        if let search, search.utf8.count > textMax {
            throw refused("q", value: search, allowed: "shorter than \(textMax) bytes")
        }
        let filter = PurgeFilter(state: state, zone: text("zone"), text: search) { caller.maySee($0) }
        return (filter, place, count)
    }
}
