import Kafka
import Logging
import PurgeModel
import Synchronization

/// Writes purges to `purge.events`: key = zone, so purges of one zone keep their order; stored by all in-sync copies.
final class KafkaPurgeProducer: PurgeProducer {
    private struct Locked {
        var producer: Producer
        /// Counts the producers, so that of several failing calls only the first replaces the broken one.
        var generation = 0
        /// Whether the topic of tiers is known to be there.
        var hasTiersTopic = false
    }

    private let configuration: KafkaConfiguration
    private let topic: String
    private let acksTopic: String
    private let tiersTopic: String
    private let logger: Logger
    private let locked: Mutex<Locked>

    /// Creates a producer; it connects on its own and does not wait for a broker.
    ///
    /// Throws `KafkaError` for a property that is unknown or has a bad value.
    init(
        _ configuration: KafkaConfiguration, topics: TopicNames, timeout: Duration, logger: Logger
    ) throws(KafkaError) {
        var configuration = configuration
        configuration.properties["message.timeout.ms"] = String(max(1, timeout.wholeMilliseconds))
        // Any other producer that partitions like the Java client sends a zone's purges to the same partition, and in
        // order with ours.
        configuration.properties["partitioner"] = "murmur2_random"
        // Our own limit is the size of the event; key and framing come on top.
        if configuration.properties["message.max.bytes"] == nil {
            configuration.properties["message.max.bytes"] = String(Limits.eventBytesMax + 16 * 1024)
        }
        self.configuration = configuration
        topic = topics.events
        acksTopic = topics.acks
        tiersTopic = topics.tiers
        self.logger = logger
        locked = Mutex(Locked(producer: try Producer(configuration)))
    }

    func produce(_ event: PurgeEvent) async throws(PurgeProducerError) -> (position: PurgePosition, bytes: Int) {
        let value = PurgeEventCodec.encode(event)
        guard value.count <= Limits.eventBytesMax else {
            throw PurgeProducerError(outcome: .refused, message: "the purge has \(value.count) bytes")
        }
        let delivery = try await send(key: event.zone, value, id: event.id)
        return (PurgePosition(partition: delivery.partition, offset: delivery.offset), value.count)
    }

    func produce(_ order: AgentOrder) async throws(PurgeProducerError) {
        _ = try await send(key: order.agent, PurgeEventCodec.encode(order), id: order.id)
    }

    private func send(key: String, _ value: [UInt8], id: PurgeID) async throws(PurgeProducerError) -> Delivery {
        let (producer, generation) = locked.withLock { ($0.producer, $0.generation) }
        do throws(KafkaError) {
            return try await producer.send(topic: topic, key: Array(key.utf8), value: value)
        } catch {
            logger.warning(
                "a message could not be stored",
                metadata: ["topic": "\(topic)", "purge": "\(id)", "error": "\(error)"])
            if error.isFatal { replace(generation) }
            throw PurgeProducerError(outcome: Self.outcome(of: error), message: Self.message(of: error, topic: topic))
        }
    }

    func retire(_ retirement: Retirement) async throws(PurgeProducerError) {
        let (producer, generation) = locked.withLock { ($0.producer, $0.generation) }
        let headers = [
            (Acknowledgement.holderHeader, retirement.holder?.machine),
            (Acknowledgement.expiredHeader, retirement.expired?.text),
        ].compactMap { name, value in value.map { Header(name: name, value: Array($0.utf8)) } }
        do throws(KafkaError) {
            _ = try await producer.send(
                topic: acksTopic, key: Array(retirement.agent.utf8),
                value: retirement.holder.map(AcknowledgementCodec.encode),
                headers: headers,
                partition: retirement.acksPartition)
        } catch {
            logger.warning(
                "an agent could not be retired", metadata: ["agent": "\(retirement.agent)", "error": "\(error)"])
            if error.isFatal { replace(generation) }
            throw PurgeProducerError(
                outcome: Self.outcome(of: error), message: Self.message(of: error, topic: acksTopic))
        }
    }

    /// Tells on `purge.tiers` how far a tier is.
    func tell(_ word: TierWord) async throws(PurgeProducerError) {
        let (producer, generation, isThere) = locked.withLock { ($0.producer, $0.generation, $0.hasTiersTopic) }
        do throws(KafkaError) {
            // Without the topic a message would wait for it, and be told as lost much later.
            if !isThere {
                guard try await producer.prepare(topic: tiersTopic) else {
                    throw KafkaError(code: .unknownTopicOrPartition, message: "no topic \(tiersTopic)")
                }
                locked.withLock { $0.hasTiersTopic = true }
            }
            _ = try await producer.send(
                topic: tiersTopic, key: Array(word.tier.utf8), value: TierWordCodec.encode(word))
        } catch {
            locked.withLock { $0.hasTiersTopic = false }
            if error.isFatal { replace(generation) }
            throw PurgeProducerError(
                outcome: Self.outcome(of: error), message: Self.message(of: error, topic: tiersTopic))
        }
    }

    /// Gets ready for the first purge.
    ///
    /// Where that fails, the first purge finds out again.
    func prepare() async {
        let producer = locked.withLock { $0.producer }
        do {
            _ = try await producer.prepare(topic: topic)
        } catch {
            logger.debug("could not look the topic up", metadata: ["topic": "\(topic)", "error": "\(error)"])
        }
    }

    /// Ends the producer after purges on their way have arrived, or after `flushing`.
    func close(flushing: Duration) async {
        let producer = locked.withLock { $0.producer }
        await producer.closeGracefully(flushing: flushing)
    }

    /// librdkafka's idempotent producer cannot go on after some errors; a new one can.
    private func replace(_ generation: Int) {
        do throws(KafkaError) {
            let fresh = try Producer(configuration)
            let old = locked.withLock { locked -> Producer? in
                guard locked.generation == generation else { return nil }
                defer { locked = Locked(producer: fresh, generation: generation + 1) }
                return locked.producer
            }
            // Released here, outside the lock: its end takes a moment.
            if old != nil { logger.notice("the Kafka producer was replaced after a fatal error") }
        } catch {
            logger.error("no new Kafka producer", metadata: ["error": "\(error)"])
        }
    }

    private static func outcome(of error: KafkaError) -> PurgeProducerError.Outcome {
        switch error.code {
        case .messageTooLarge:
            .refused
        case .queueFull, .invalidArgument, .unknownTopicLocal, .unknownPartition, .unknownTopicOrPartition,
            .invalidTopic,
            .topicAuthorizationFailed, .clusterAuthorizationFailed, .purgedFromQueue, .closed:
            .notStored
        default:
            .unknown
        }
    }

    private static func message(of error: KafkaError, topic: String) -> String {
        switch error.code {
        case .messageTimedOut, .timedOut, .requestTimedOut:
            "Kafka did not answer in time (\(error.name))"
        case .unknownTopicLocal, .unknownPartition, .unknownTopicOrPartition:
            "topic \(topic) does not exist; create it with: edge-purge topics create (\(error.name))"
        case .queueFull:
            "more purges wait for Kafka than fit into memory (\(error.name))"
        case .topicAuthorizationFailed, .clusterAuthorizationFailed:
            "Kafka does not let this control plane write to topic \(topic) (\(error.name))"
        case .closed, .purgedFromQueue, .purgedInFlight:
            "the control plane is stopping (\(error.name))"
        default:
            "\(error.message) (\(error.name))"
        }
    }
}
