internal import Hummingbird
internal import PurgeModel

/// `DELETE /v1/agents/{agent}`: a machine that is gone for good is not expected any more.
struct RetireRoutes: Sendable {
    private struct Retired: Encodable {
        var agent: String
        var retired = true
    }

    /// An agent that spoke this recently runs, and would be back with its next word.
    private static let silenceMin: Duration = .seconds(5)

    let ledger: PurgeLedger
    let producer: any PurgeProducer

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.delete("v1/agents/:agent") { _, context in
            let name = context.parameters.get("agent") ?? ""
            let partition = try ledger.read { state, now in
                Result { () throws(APIError) in try Self.acksPartition(of: name, state, now) }
            }.get()
            do throws(PurgeProducerError) {
                try await producer.retire(agent: name, acksPartition: partition)
            } catch {
                throw APIError(.serviceUnavailable, "kafka", error.message, retryAfterSeconds: 1)
            }
            ledger.update { state, now in state.remove(agent: name, now: now) }
            return try JSONResponse.make(Retired(agent: name))
        }
    }

    /// Where the acknowledgements of an agent are that may be retired; throws why it may not.
    static func acksPartition(
        of name: String, _ state: borrowing CollectorState, _ now: CollectorInstant
    ) throws(APIError) -> Int32 {
        let shown = CloudflareError.shown(name)
        if state.roster[name] != nil {
            throw APIError(.conflict, "in_roster", "the roster names agent '\(shown)': remove it there first")
        }
        guard let index = state.agentIndex[name], state.agents[index].isMember else {
            throw APIError(.notFound, "unknown_agent", "no agent '\(shown)' has spoken")
        }
        let agent = state.agents[index]
        guard agent.acknowledgement.status == .draining || now.monotonic - agent.heardAt >= silenceMin else {
            throw APIError(
                .conflict, "agent_is_running",
                "agent '\(shown)' spoke a moment ago and would be back at once: stop it, and wait \(silenceMin.wholeMilliseconds / 1000) s"
            )
        }
        return agent.acksPartition
    }
}
