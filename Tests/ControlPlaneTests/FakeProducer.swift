import PurgeModel
import Synchronization

@testable import ControlPlane

/// Takes the place of Kafka: remembers what was produced, or fails as told.
final class FakeProducer: PurgeProducer {
    private struct Locked {
        var events: [PurgeEvent] = []
        var retired: [Retirement] = []
        var orders: [AgentOrder] = []
        var failure: PurgeProducerError?
    }

    private let locked = Mutex(Locked())

    /// What was produced so far.
    var events: [PurgeEvent] { locked.withLock { $0.events } }

    /// What was retired so far.
    var retired: [Retirement] { locked.withLock { $0.retired } }

    /// The orders to agents that were produced so far.
    var orders: [AgentOrder] { locked.withLock { $0.orders } }

    /// Makes every later call fail; nil ends that.
    func fail(with failure: PurgeProducerError?) {
        locked.withLock { $0.failure = failure }
    }

    func produce(_ event: PurgeEvent) async throws(PurgeProducerError) -> (position: PurgePosition, bytes: Int) {
        let result: Result<Int64, PurgeProducerError> = locked.withLock { locked in
            if let failure = locked.failure { return .failure(failure) }
            locked.events.append(event)
            return .success(Int64(locked.events.count - 1))
        }
        return (PurgePosition(partition: 0, offset: try result.get()), 100)
    }

    func retire(_ retirement: Retirement) async throws(PurgeProducerError) {
        let result: Result<Void, PurgeProducerError> = locked.withLock { locked in
            if let failure = locked.failure { return .failure(failure) }
            locked.retired.append(retirement)
            return .success(())
        }
        try result.get()
    }

    func produce(_ order: AgentOrder) async throws(PurgeProducerError) {
        let failure = locked.withLock { locked in
            if locked.failure == nil { locked.orders.append(order) }
            return locked.failure
        }
        if let failure { throw failure }
    }
}
