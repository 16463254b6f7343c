import Hummingbird
import PurgeModel
import ServiceLifecycle

/// `GET /v1/purges/{id}`: how far a purge has got, at once or when it has reached a milestone.
struct PurgeRoutes: Sendable {
    let ledger: PurgeLedger
    let history: PurgeHistory
    let held: HeldRequests
    let connectionsMax: Int
    let authenticator: Authenticator

    /// What an answer waits for, and for how long.
    typealias Wait = (milestone: Milestone, timeout: Duration)

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/purges/:id") { request, context in
            let id = try Self.id(context)
            let wait = try Self.wait(of: request)
            let byAgent = try Self.wantsAgents(request)
            let place = try place(for: context.tenant, waitingFor: id, wait)
            return try await answer(about: id, wait: wait, in: place, byAgent: byAgent, context)
        }
    }

    /// How the purge stands, when it has reached a milestone or the time is over; at once without a place to wait in.
    func answer(
        about id: PurgeID, wait: Wait?, in place: HeldRequests.Place?, byAgent: Bool = true, _ context: ControlContext
    ) async throws -> Response {
        if let wait, let place {
            // A server that is stopping answers with what it knows now, and so does a wait whose token was revoked.
            await cancelWhenGracefulShutdown { await self.wait(wait, id, while: context.caller) }
            withExtendedLifetime(place) {}
        }
        let status = try await Self.status(
            of: id, byAgent: byAgent, for: context.caller, context.tenant, in: history, ledger)
        return try JSONResponse.make(status)
    }

    private func wait(_ wait: Wait, _ id: PurgeID, while caller: Caller) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await ledger.wait(for: wait.milestone, of: id, timeout: wait.timeout) }
            group.addTask { await authenticator.waitUntilForgotten(caller) }
            await group.next()
            group.cancelAll()
        }
    }

    /// A place to wait in; nil where there is nothing to wait for.
    func place(
        for tenant: Tenant, waitingFor id: PurgeID, _ wait: Wait?
    ) throws(APIError) -> HeldRequests.Place? {
        guard let wait, wait.timeout > .zero, ledger.read({ state, _ in state.isAwaited(wait.milestone, of: id) })
        else { return nil }
        return try held.place(for: tenant, of: connectionsMax)
    }

    /// The id in the path.
    static func id(_ context: ControlContext) throws(APIError) -> PurgeID {
        let text = context.parameters.get("id") ?? ""
        guard let id = PurgeID(text.lowercased()) else {
            throw APIError(
                .badRequest, "bad_id", "'\(text.quotable)' is no purge id: it has 32 hexadecimal digits")
        }
        return id
    }

    /// How the purge stands, for somebody who may see it.
    static func status(
        of id: PurgeID, byAgent: Bool = true, for caller: Caller, _ tenant: Tenant, in history: PurgeHistory,
        _ ledger: PurgeLedger
    ) async throws -> PurgeStatus {
        let status = try await history.status(of: id, for: tenant, byAgent: byAgent)
        // A purge of others is as unknown as one that does not exist.
        if let status, caller.maySee(status.zone) { return status }
        guard ledger.read({ state, _ in state.knowsPurges }) else { throw APIError.starting }
        throw APIError(
            .notFound, "unknown_purge", "purge \(id) is not known; it may be older than the history that is kept")
    }

    /// The `by_agent` parameter: whether the answer says what each agent told.
    static func wantsAgents(_ request: Request) throws -> Bool {
        switch request.uri.queryParameters["by_agent"] {
        case nil, "true": return true
        case "false": return false
        case .some(let text):
            throw APIError(
                .badRequest, "bad_by_agent",
                "by_agent '\(String(text).quotable)' is neither true nor false")
        }
    }

    /// What the `wait` and `until` parameters say; nil when the answer is not to be held back.
    static func wait(of request: Request) throws -> Wait? {
        let milestone = try until(of: request)
        guard let text = request.uri.queryParameters["wait"] else { return nil }
        guard let wait = WaitDuration.parse(text) else {
            throw APIError(
                .badRequest, "bad_wait",
                "wait '\(String(text).quotable)' is no duration; write 500ms, 10s or 1m, at most 5m")
        }
        return (milestone, wait)
    }

    private static func until(of request: Request) throws -> Milestone {
        guard let text = request.uri.queryParameters["until"] else { return .confirmed }
        guard let milestone = Milestone(rawValue: String(text)) else {
            throw APIError(
                .badRequest, "bad_until", "until '\(String(text).quotable)' is neither effective nor confirmed")
        }
        return milestone
    }
}
