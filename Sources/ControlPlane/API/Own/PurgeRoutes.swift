import Hummingbird
import PurgeModel
import ServiceLifecycle

/// `GET /v1/purges/{id}`: how far a purge has got, at once or when it has reached a milestone.
struct PurgeRoutes: Sendable {
    let ledger: PurgeLedger
    let history: PurgeHistory
    let held: HeldRequests
    /// Requests held at once; each holds a connection.
    let heldMax: Int

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/purges/:id") { request, context in
            let id = try Self.id(context)
            return try await answer(
                about: id, wait: try Self.wait(of: request), byAgent: try Self.wantsAgents(request), for: context.caller
            )
        }
    }

    /// How the purge stands, at once or when it has reached a milestone or the time is over.
    func answer(
        about id: PurgeID, wait: (milestone: Milestone, timeout: Duration)?, byAgent: Bool = true, for caller: Caller
    ) async throws -> Response {
        if let wait, wait.timeout > .zero, ledger.read({ state, _ in state.isAwaited(wait.milestone, of: id) }) {
            let place = try held.place(limit: heldMax)
            // A server that is stopping answers with what it knows now.
            await cancelWhenGracefulShutdown {
                await ledger.wait(for: wait.milestone, of: id, timeout: wait.timeout)
            }
            withExtendedLifetime(place) {}
        }
        return try JSONResponse.make(try await Self.status(of: id, byAgent: byAgent, for: caller, in: history, ledger))
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
        of id: PurgeID, byAgent: Bool = true, for caller: Caller, in history: PurgeHistory, _ ledger: PurgeLedger
    ) async throws -> PurgeStatus {
        let status = try await history.status(of: id, byAgent: byAgent)
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
    static func wait(of request: Request) throws -> (milestone: Milestone, timeout: Duration)? {
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
