import Hummingbird

/// `GET /v1/agents` and `GET /v1/lag`: the machines, and how far behind they are.
struct AgentRoutes: Sendable {
    let ledger: PurgeLedger

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/agents") { _, _ in
            try JSONResponse.make(ledger.read { state, now in state.agentList(now: now) })
        }
        router.get("v1/lag") { _, _ in
            try JSONResponse.make(ledger.read { state, now in state.lagList(now: now) })
        }
    }
}
