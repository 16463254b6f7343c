import Logging
import PurgeModel
import ServiceLifecycle

/// Has agents leave the set that have been silent for too long (`agents.expire`).
///
/// It only writes that to Kafka: every collector, this one too, reads it in its place among what the agent says.
struct AgentExpiry: Service {
    private let ledger: PurgeLedger
    private let logger: Logger
    private let pause: Duration
    private let retire: @Sendable (Retirement) async throws(PurgeProducerError) -> Void

    /// - Parameters:
    ///   - pause: from one look to the next; what was written before has been read by then, or is written again.
    ///   - retire: writes that an agent has left.
    init(
        ledger: PurgeLedger, logger: Logger, pause: Duration = .seconds(5),
        retire: @escaping @Sendable (Retirement) async throws(PurgeProducerError) -> Void
    ) {
        self.ledger = ledger
        self.logger = logger
        self.pause = pause
        self.retire = retire
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: pause)) != nil {
                for retirement in ledger.read({ state, now in state.expired(at: now) }) {
                    // One that could not be written is logged, and tried again.
                    guard (try? await retire(retirement)) != nil else { break }
                    logger.notice(
                        "an agent was silent for agents.expire and leaves the set",
                        metadata: ["agent": "\(retirement.agent)"])
                }
            }
        }
    }
}
