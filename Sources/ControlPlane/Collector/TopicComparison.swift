import Kafka
import Logging
import PurgeModel
import Synchronization

/// Finds out whether `purge.events` is still the topic that was read (docs/decisions/0014-topics-made-anew.md).
///
/// A topic that is made anew and outgrows the old one before anybody looks is read on as if nothing had happened. So
/// the oldest message that is remembered is read again: that it is another one shows the change also when messages of
/// the new topic have been read since. And so is the newest, for a partition whose end Kafka has lost and filled anew.
final class TopicComparison: Sendable {
    private struct Locked {
        var isDue = true
        /// When the clock was looked at last.
        var lastTick: ContinuousClock.Instant
    }

    /// How often it is compared though nothing speaks for a change: what came before is not seen until then.
    private static let interval: Duration = .seconds(60)
    /// Hints come in dozens; this often they lead to a comparison.
    private static let pauseMin: Duration = .seconds(2)
    private static let tick: Duration = .milliseconds(200)
    /// Ticks that are this late mean that the process, or the machine, stood still: anything may have happened.
    private static let standstill: Duration = .seconds(3)
    private static let answerLimit: Duration = .seconds(10)

    private let ledger: PurgeLedger
    private let lookup: MessageLookup
    private let logger: Logger
    private let locked = Mutex(Locked(lastTick: .now))

    init(kafka: KafkaConfiguration, topic: String, ledger: PurgeLedger, logger: Logger) {
        self.ledger = ledger
        lookup = MessageLookup(kafka, topic: topic)
        self.logger = logger
    }

    /// Something may have happened to the topic: it is compared soon.
    func hint() { locked.withLock { $0.isDue = true } }

    /// Compares until the task is cancelled.
    /// - Parameters:
    ///   - partitions: the partitions that are read now: those that are gone cannot be compared.
    ///   - readAnew: told the partitions that are another topic's now.
    ///   - lookForPartitions: called when there are more of them than are read.
    func run(
        partitions: () -> Set<Int32>, readAnew: (Set<Int32>) -> Void, lookForPartitions: () -> Void
    ) async {
        var last: ContinuousClock.Instant?
        while (try? await Task.sleep(for: Self.tick)) != nil {
            let now = ContinuousClock.now
            let (found, isSuspect, isPartitionNew) = ledger.update { state, _ in
                (state.takePartitionsToReadAnew(), state.takeSuspicion(), state.takeNewPartition())
            }
            if !found.isEmpty { readAnew(found) }
            if isPartitionNew { lookForPartitions() }
            let isDue = locked.withLock { locked in
                locked.isDue = locked.isDue || isSuspect || now - locked.lastTick > Self.standstill
                locked.lastTick = now
                guard last.map({ now - $0 >= (locked.isDue ? Self.pauseMin : Self.interval) }) ?? locked.isDue else {
                    return false
                }
                locked.isDue = false
                return true
            }
            guard isDue else { continue }
            last = now
            do throws(KafkaError) {
                let strangers = try await strangers(among: partitions())
                if !strangers.isEmpty { readAnew(strangers) }
            } catch {
                logger.debug("the topic could not be compared", metadata: ["error": "\(error)"])
                hint()
            }
        }
    }

    /// Partitions in which another message is at an offset than was read there.
    private func strangers(among partitions: Set<Int32>) async throws(KafkaError) -> Set<Int32> {
        let marks = ledger.read { state, _ in state.ownMarks }.filter { partitions.contains($0.key) }
        var strangers: Set<Int32> = []
        for questions in [marks.compactMapValues(\.first), marks.compactMapValues { $0.dropFirst().last }] {
            let answers = try await lookup.messages(at: questions.mapValues(\.offset), timeout: Self.answerLimit)
            strangers.formUnion(answers.filter { MessageMark($1) != questions[$0] }.keys)
        }
        return strangers
    }
}
