import PurgeModel

extension PurgeQueue {
    /// The purge in a message, as it is applied here.
    func event(_ message: QueuedMessage) throws(PurgeEventError) -> PurgeEvent { asAppliedHere(try message.decoded()) }

    /// The purge of a guard, as it is applied here; nil for what this version does not take for a purge.
    func event(_ record: GuardRecord) throws -> PurgeEvent? {
        let message = try record.message()
        return try? event(message)
    }

    /// Where other caches fill from these, what is invalidated is deleted: nginx may answer with what is stale while it
    /// updates it, and the others would keep that as if it were fresh.
    private func asAppliedHere(_ event: PurgeEvent) -> PurgeEvent {
        var event = event
        if isFilledFrom { event.mode = .delete }
        return event
    }

    func asAppliedHere(_ arrival: Arrival) -> Arrival {
        guard isFilledFrom, case .purge(let event) = arrival.content else { return arrival }
        var arrival = arrival
        arrival.content = .purge(asAppliedHere(event))
        return arrival
    }
}
