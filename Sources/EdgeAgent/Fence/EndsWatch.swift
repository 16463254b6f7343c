import LinuxFiles
import Logging

/// Asks the brokers where the partitions end, as often as the fence needs to know.
///
/// On a thread of its own: the question blocks, and neither reading nor the lease may wait for the answer.
final class EndsWatch: Sendable {
    private let fence: Fence
    private let board: AgentStatusBoard
    private let clock: any AgentClock
    private let logger: Logger
    private let pause: Poller
    private let ask: @Sendable (Duration) throws -> [Int32: Int64]?
    private let onUnknownPartition: @Sendable () -> Void

    /// An answer that takes longer proves nothing worth knowing.
    private static let timeout = Duration.seconds(1)

    /// - Parameters:
    ///   - ask: the ends of all partitions; nil while there are none.
    ///   - onUnknownPartition: called when there are partitions that are not read yet.
    init(
        fence: Fence, board: AgentStatusBoard, clock: any AgentClock, logger: Logger,
        ask: @escaping @Sendable (Duration) throws -> [Int32: Int64]?,
        onUnknownPartition: @escaping @Sendable () -> Void
    ) throws {
        self.fence = fence
        self.board = board
        self.clock = clock
        self.logger = logger
        self.ask = ask
        self.onUnknownPartition = onUnknownPartition
        pause = try Poller(descriptors: [])
    }

    /// Asks until the agent stops; blocks its thread.
    func run() {
        while !board.isStopping {
            pause.wait(timeout: fence.askAgainAfter ?? .seconds(1))
            guard fence.askAgainAfter != nil, !board.isStopping else { continue }
            let askedAt = clock.instant
            do {
                guard let ends = try ask(Self.timeout) else { continue }
                if !Set(ends.keys).isSubset(of: fence.partitions) { onUnknownPartition() }
                fence.take(PartitionEnds(askedAt: askedAt, ends: ends))
            } catch {
                logger.debug("the ends of the partitions are not known", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Makes ``run()`` notice at once that the agent stops.
    func wake() { pause.wake() }
}
