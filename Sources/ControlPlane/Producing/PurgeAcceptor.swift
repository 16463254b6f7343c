internal import PurgeModel

/// Accepts purges: gives each an id and a time, stores it, and tells the collector at once.
struct PurgeAcceptor: Sendable {
    let producer: any PurgeProducer
    let ledger: PurgeLedger

    /// Accepts a purge.
    ///
    /// When this returns, Kafka has stored it, and a question about the id finds it.
    /// - Parameter id: the id the caller gave; nil: a new one.
    func accept(
        _ selectors: Selectors, zone: Zone, mode: PurgeMode, source: String, reason: String? = nil, id: PurgeID? = nil
    ) async throws(CloudflareError) -> PurgeID {
        var generator = SystemRandomNumberGenerator()
        // Accepted is the moment before it is handed over: whatever was fetched from an origin later is new already.
        let acceptedAt = ledger.now()
        let event = PurgeEvent(
            id: id ?? PurgeID.random(using: &generator), zone: zone.id, scope: zone.scope, selectors: selectors,
            mode: mode,
            acceptedAt: acceptedAt.wall, source: source, reason: reason)
        do throws(PurgeProducerError) {
            let (position, bytes) = try await producer.produce(event)
            ledger.counters.accepted(event)
            ledger.update { state, now in
                state.accepted(event, bytes: bytes, at: position, acceptedAt: acceptedAt.monotonic, now: now)
            }
            return event.id
        } catch {
            ledger.counters.failed(error.outcome)
            switch error.outcome {
            case .notStored: throw .unavailable(error.message)
            case .unknown: throw .outcomeUnknown(id: event.id.description, reason: error.message)
            case .refused: throw .bodyTooLarge(Limits.eventBytesMax)
            }
        }
    }
}
