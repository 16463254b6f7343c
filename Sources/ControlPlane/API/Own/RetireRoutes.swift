import Hummingbird
import PurgeModel

/// `DELETE /v1/agents/{agent}` and `POST /v1/agents/{agent}/replace`: a machine that is gone for good is not expected
/// any more; with the second, another one has its name from now on.
struct RetireRoutes: Sendable {
    let ledger: PurgeLedger
    let producer: any PurgeProducer

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.delete("v1/agents/:agent") { _, context in
            let agent = context.agent
            _ = try await retire(agent) { state, now throws(RetirementRefusal) in
                try state.retirement(of: agent, now: now)
            }
            return try JSONResponse.make(RetiredAnswer(agent: agent))
        }
        router.post("v1/agents/:agent/replace") { _, context in
            let agent = context.agent
            let retirement = try await retire(agent) { state, now throws(RetirementRefusal) in
                try state.replacement(of: agent, now: now)
            }
            return try JSONResponse.make(ReplacedAnswer(agent: agent, machine: retirement.holder?.machine ?? ""))
        }
    }

    /// Finds out what has to be written, writes it, and tells the collector at once.
    private func retire(
        _ agent: String,
        _ ask: (borrowing CollectorState, CollectorInstant) throws(RetirementRefusal) -> Retirement
    ) async throws -> Retirement {
        let retirement: Retirement
        do throws(RetirementRefusal) {
            retirement = try ledger.read { state, now in
                Result { () throws(RetirementRefusal) in try ask(state, now) }
            }.get()
        } catch {
            throw APIError(error, agent: agent)
        }
        do throws(PurgeProducerError) {
            try await producer.retire(retirement)
        } catch {
            throw APIError(.serviceUnavailable, "kafka", error.message, retryAfterSeconds: 1)
        }
        ledger.update { state, now in
            if let holder = retirement.holder {
                state.settle(on: holder, now: now, partition: retirement.acksPartition ?? 0)
            } else {
                state.remove(agent: retirement.agent, now: now)
            }
        }
        return retirement
    }
}
