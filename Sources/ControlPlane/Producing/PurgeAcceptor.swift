import Logging
import PurgeModel

/// Accepts purges that were understood: asks the rate limiter, gives each an id and a time, stores it, tells the
/// collector at once, and writes down who purged what.
struct PurgeAcceptor: Sendable {
    let producer: any PurgeProducer
    let ledger: PurgeLedger
    let limiter: RateLimiter
    let counters: AcceptanceCounters
    /// The numbers of a zone without a plan.
    let unlimited: PurgeLimits

    /// How much one request of a zone may name.
    func limits(of zone: Zone) -> PurgeLimits {
        zone.limits.resolved(unlimited: unlimited)
    }

    /// What whoever sent an accepted purge should know at once.
    func messages(about order: PurgeOrder) -> [PurgeMessage] {
        order.selectors.messages
            + ledger.read { state, _ in state.messages(about: order.selectors, in: order.zone.scope) }
    }

    /// Accepts a purge.
    ///
    /// When this returns, Kafka has stored it, and a question about the id finds it.
    func accept(_ order: PurgeOrder, from sender: PurgeSender) async throws(PurgeRefusal) -> PurgeID {
        let account = order.zone.account
        let verdict = await limiter.take(AccountBuckets.Demand(order.selectors), from: account)
        if verdict.refusedBy != nil { throw .rateLimited(verdict, account: account) }
        let id = try await store(order, source: sender.caller.source)
        // The audit record; the event in Kafka says the same, for as long as Kafka keeps it.
        sender.logger.info(
            "a purge was accepted",
            metadata: [
                "purge": "\(id)", "zone": "\(order.zone.name)", "by": "\(sender.caller.source)",
                "from": "\(sender.address ?? "unknown")", "mode": "\(order.mode.rawValue)",
                "urls": "\(order.selectors.urls.count)", "tags": "\(order.selectors.tags.count)",
                "hosts": "\(order.selectors.hosts.count)", "prefixes": "\(order.selectors.prefixes.count)",
                "everything": "\(order.selectors.everything)",
            ])
        return id
    }

    private func store(_ order: PurgeOrder, source: String) async throws(PurgeRefusal) -> PurgeID {
        var generator = SystemRandomNumberGenerator()
        // Accepted is the moment before it is handed over: whatever was fetched from an origin later is new already.
        let acceptedAt = ledger.now()
        let event = PurgeEvent(
            id: order.id ?? PurgeID.random(using: &generator), zone: order.zone.id, scope: order.zone.scope,
            selectors: order.selectors, mode: order.mode, acceptedAt: acceptedAt.wall, source: source,
            reason: order.reason)
        do throws(PurgeProducerError) {
            let (position, bytes) = try await producer.produce(event)
            counters.accepted(event)
            ledger.update { state, now in
                state.accepted(event, bytes: bytes, at: position, acceptedAt: acceptedAt.monotonic, now: now)
            }
            return event.id
        } catch {
            counters.failed(error.outcome)
            switch error.outcome {
            case .notStored: throw .kafkaUnavailable(reason: error.message)
            case .unknown: throw .outcomeUnknown(event.id, reason: error.message)
            case .refused: throw .tooLarge(bytesMax: Limits.eventBytesMax)
            }
        }
    }
}
