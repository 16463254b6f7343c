import Hummingbird
import PurgeModel

/// `DELETE /v1/agents/{agent}`: a machine that is gone for good is not expected any more.
struct RetireRoutes: Sendable {
    let ledger: PurgeLedger
    let producer: any PurgeProducer

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.delete("v1/agents/:agent") { _, context in
            try await retire(context.parameters.get("agent") ?? "")
        }
    }

    private func retire(_ name: String) async throws -> Response {
        let partition: Int32
        do throws(RetirementRefusal) {
            partition = try ledger.read { state, now in
                Result { () throws(RetirementRefusal) in try state.retirement(of: name, now: now) }
            }.get()
        } catch {
            throw APIError(error, agent: name)
        }
        do throws(PurgeProducerError) {
            try await producer.retire(agent: name, acksPartition: partition)
        } catch {
            throw APIError(.serviceUnavailable, "kafka", error.message, retryAfterSeconds: 1)
        }
        ledger.update { state, now in state.remove(agent: name, now: now) }
        return try JSONResponse.make(RetiredAnswer(agent: name))
    }
}
