import Kafka
import Logging
import PurgeModel

/// Turns messages into what the ledger understands.
///
/// Decoding happens outside its lock; one batch is one turn at the lock.
struct CollectorMessages: Sendable {
    let ledger: PurgeLedger
    /// Purges that were stored before this time are history when the topic is read from its start.
    let oldest: Timestamp
    let logger: Logger
    /// Whoever may write to `purge.acks` can cause these.
    private let warnings = WarningBudget()

    /// What became of one message of `purge.events`.
    private struct Purge {
        enum Content {
            case event(PurgeEvent, bytes: Int)
            case other
        }

        let position: PurgePosition
        let mark: MessageMark
        let content: Content
    }

    /// What became of one message of `purge.acks`.
    private enum Word {
        case acknowledgement(Acknowledgement, partition: Int32, age: Duration)
        /// The machine that has a name alone from now on.
        case settlement(Acknowledgement, partition: Int32, age: Duration)
        /// Where it says after which word, it counts only if the agent has said nothing since.
        case tombstone(agent: String, after: LastWord?)
    }

    /// Takes in a batch of `purge.events`, from any producer.
    /// - Returns: partitions to be read from their beginning: another message was read there before.
    func takePurges(_ batch: TopicReader.Batch) -> Set<Int32> {
        let wall = ledger.now().wall
        let purges = batch.messages.map { message in
            purge(message, now: wall, isReplay: batch.replaying.contains(message.partition))
        }
        return ledger.update { state, now in
            var anew: Set<Int32> = []
            for purge in purges where !anew.contains(purge.position.partition) {
                let partition = purge.position.partition
                guard state.foundMessage(purge.mark, in: partition) else {
                    anew.insert(partition)
                    continue
                }
                switch purge.content {
                case .event(let event, let bytes):
                    state.receive(event, bytes: bytes, at: purge.position, now: now)
                case .other: state.skip(purge.position, now: now)
                }
            }
            for (partition, end) in batch.ends where !anew.contains(partition) {
                state.reachedEnd(of: partition, at: end, now: now)
            }
            // What was read of the earlier topic comes before it in a batch, and nothing of the new one is in it.
            for (partition, end) in batch.startedOver { state.startedOver(partition: partition, end: end) }
            if batch.isCaughtUp, anew.isEmpty { state.purgesCaughtUp() }
            return anew.subtracting(batch.startedOver.keys)
        }
    }

    /// Takes in a batch of `purge.acks`.
    func takeAcknowledgements(_ batch: TopicReader.Batch) {
        let wall = ledger.now().wall
        let words = batch.messages.compactMap { message in
            word(message, now: wall, isReplay: batch.replaying.contains(message.partition))
        }
        ledger.update { state, now in
            for word in words {
                switch word {
                case .acknowledgement(let acknowledgement, let partition, let age):
                    state.receive(acknowledgement, now: now, partition: partition, age: age)
                case .settlement(let acknowledgement, let partition, let age):
                    state.settle(on: acknowledgement, now: now, partition: partition, age: age)
                case .tombstone(let agent, let word): state.remove(agent: agent, after: word, now: now)
                }
            }
            // What was read of the earlier topic comes before it in a batch.
            for partition in batch.startedOver.keys { state.acknowledgementsStartedOver(partition) }
            if batch.isCaughtUp { state.acknowledgementsCaughtUp(at: now) }
        }
    }

    private func purge(_ message: Message, now: Timestamp, isReplay: Bool) -> Purge {
        Purge(
            position: PurgePosition(partition: message.partition, offset: message.offset),
            mark: MessageMark(message), content: content(message, now: now, isReplay: isReplay))
    }

    private func content(_ message: Message, now: Timestamp, isReplay: Bool) -> Purge.Content {
        if isReplay, let stored = message.timestamp, stored > 0, stored < oldest.milliseconds { return .other }
        do throws(PurgeEventError) {
            let decoded = try PurgeEventCodec.decodeMessage(
                value: message.value, headers: message.headers.map { ($0.name, $0.value) }, key: message.key)
            switch decoded {
            case .purge(let event):
                let arrivedAt = event.shownArrival(stored: message.timestamp, now: now)
                return .event(event.believed(arrivedAt: arrivedAt), bytes: message.value?.count ?? 0)
            case .order: return .other
            }
        } catch {
            // Agents put it aside with the reason; there it is seen.
            logger.debug(
                "a message is no purge",
                metadata: ["partition": "\(message.partition)", "offset": "\(message.offset)", "reason": "\(error)"])
            return .other
        }
    }

    private func word(_ message: Message, now: Timestamp, isReplay: Bool) -> Word? {
        guard let key = message.key, let agent = String(validating: key, as: UTF8.self), !agent.isEmpty else {
            logger.debug("an acknowledgement has no agent as its key", metadata: ["offset": "\(message.offset)"])
            return nil
        }
        guard let value = message.value else { return tombstone(of: agent, message) }
        // No agent has such an id, and one that is made up would be waited for.
        guard AgentOrder.isAgentName(agent) else {
            warn("an acknowledgement has a name that no agent can have", ["agent": "\(QuotedValue(agent))"])
            return nil
        }
        do throws(AcknowledgementError) {
            let acknowledgement = try AcknowledgementCodec.decode(value)
            guard acknowledgement.agent == agent else {
                // The key decides what compaction keeps and what a tombstone removes; two names for one agent cannot be
                // counted.
                warn(
                    "an acknowledgement names another agent than its key",
                    ["key": "\(QuotedValue(agent))", "agent": "\(QuotedValue(acknowledgement.agent))"])
                return nil
            }
            let stored = isReplay ? message.timestamp.map { Timestamp(milliseconds: $0) } : nil
            let age = stored.map { max(.zero, now.duration(since: $0)) } ?? .zero
            let isSettlement = message.headers.contains { $0.name == Acknowledgement.holderHeader }
            return isSettlement && acknowledgement.machine != nil
                ? .settlement(acknowledgement, partition: message.partition, age: age)
                : .acknowledgement(acknowledgement, partition: message.partition, age: age)
        } catch {
            warn("an acknowledgement cannot be read", ["agent": "\(QuotedValue(agent))", "reason": "\(error)"])
            return nil
        }
    }

    private func warn(_ message: Logger.Message, _ metadata: Logger.Metadata) {
        guard let suppressed = warnings.take() else { return }
        let more: Logger.Metadata = suppressed > 0 ? ["more": "\(suppressed)"] : [:]
        logger.warning(message, metadata: metadata.merging(more) { own, _ in own })
    }

    private func tombstone(of agent: String, _ message: Message) -> Word? {
        guard let header = message.headers.first(where: { $0.name == Acknowledgement.expiredHeader }) else {
            return .tombstone(agent: agent, after: nil)
        }
        guard let word = LastWord(String(decoding: header.value ?? [], as: UTF8.self)) else {
            logger.debug("a tombstone does not say after which word", metadata: ["agent": "\(agent)"])
            return nil
        }
        return .tombstone(agent: agent, after: word)
    }
}
