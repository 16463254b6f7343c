internal import CRdKafka
internal import Synchronization

/// librdkafka's Kafka-protocol cluster, in this process, on ports of 127.0.0.1: for tests and development, not for
/// data.
///
/// No disk, no long poll (an empty fetch waits all of `fetch.wait.max.ms`), a topic that is asked for is created with
/// four partitions, and each partition keeps 5 MiB or 100,000 batches.
///
/// `@unchecked Sendable` because librdkafka passes each call on to the cluster's own thread.
package final class MockCluster: @unchecked Sendable {
    /// A kind of request, by its number in the Kafka protocol.
    package struct APIKey: RawRepresentable, Sendable, Hashable {
        package let rawValue: Int16
        package init(rawValue: Int16) { self.rawValue = rawValue }
        package static let produce = APIKey(rawValue: 0)
        package static let fetch = APIKey(rawValue: 1)
        package static let listOffsets = APIKey(rawValue: 2)
        package static let metadata = APIKey(rawValue: 3)
        package static let offsetCommit = APIKey(rawValue: 8)
        package static let offsetFetch = APIKey(rawValue: 9)
        package static let findCoordinator = APIKey(rawValue: 10)
        package static let initProducerID = APIKey(rawValue: 22)
    }

    /// Owns the cluster; destroyed after the last call in progress.
    @safe
    private final class Owner: @unchecked Sendable {
        let cluster: OpaquePointer
        private let client: ClientHandle

        init(_ client: ClientHandle, brokers: Int) throws(KafkaError) {
            let cluster = client.withClient { unsafe rd_kafka_mock_cluster_new($0, Int32(clamping: brokers)) }
            guard let cluster = unsafe cluster else {
                throw KafkaError(code: .failed, message: "librdkafka could not make a mock cluster")
            }
            unsafe self.cluster = unsafe cluster
            self.client = client
        }

        // Before `client`, which the cluster uses to the end.
        deinit { unsafe rd_kafka_mock_cluster_destroy(cluster) }
    }

    /// `127.0.0.1:port` of each broker, separated by commas.
    package let bootstrapServers: String
    private let brokers: Int
    private let owner: Mutex<Owner?>

    /// Starts a cluster; its brokers are numbered from 1.
    ///
    /// - Parameter logHandler: see `KafkaConfiguration`.
    package init(brokers: Int = 1, logHandler: KafkaConfiguration.LogHandler? = nil) throws(KafkaError) {
        guard (1...100).contains(brokers) else {
            throw .invalidArgument("a mock cluster cannot have \(brokers) brokers")
        }
        let configuration = KafkaConfiguration(bootstrapServers: "", clientID: "mock", logHandler: logHandler)
        let owner = try Owner(ClientHandle(.mockHost, configuration), brokers: brokers)
        bootstrapServers = unsafe String(cString: rd_kafka_mock_cluster_bootstraps(owner.cluster))
        self.brokers = brokers
        self.owner = Mutex(owner)
    }

    /// Creates a topic.
    package func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
        let name = try name.checkedTopicName()
        guard (1...10_000).contains(partitions) else {
            throw .invalidArgument("topic \"\(name)\" cannot have \(partitions) partitions")
        }
        try perform("cannot create topic \"\(name)\"") { cluster in
            unsafe rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1)
        }
    }

    /// Makes metadata requests about a topic answer with an error; `.noError` ends that.
    package func setTopicError(_ name: String, _ code: KafkaError.Code) throws(KafkaError) {
        let name = try name.checkedTopicName()
        try perform("cannot set the error of topic \"\(name)\"") { cluster in
            unsafe rd_kafka_mock_topic_set_error(cluster, name, rd_kafka_resp_err_t(rawValue: code.rawValue))
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Takes a broker off the network, or brings it back with its data.
    package func setBroker(_ id: Int32, isUp: Bool) throws(KafkaError) {
        try checkBroker(id)
        try perform("cannot change broker \(id)") { cluster in
            unsafe isUp ? rd_kafka_mock_broker_set_up(cluster, id) : rd_kafka_mock_broker_set_down(cluster, id)
        }
    }

    /// Delays each answer of a broker.
    package func setRoundTripTime(_ broker: Int32, _ time: Duration) throws(KafkaError) {
        try checkBroker(broker)
        try perform("cannot delay broker \(broker)") { cluster in
            unsafe rd_kafka_mock_broker_set_rtt(cluster, broker, time.clampedMilliseconds)
        }
    }

    /// Answers the next requests of a kind with these errors, one each; `.transport` drops the connection.
    package func pushErrors(api: APIKey, _ codes: [KafkaError.Code]) throws(KafkaError) {
        guard !codes.isEmpty else { return }
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0.rawValue) }
        try perform("cannot push errors") { cluster in
            unsafe rd_kafka_mock_push_request_errors_array(cluster, api.rawValue, errors.count, errors)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Answers the next requests of a kind that reach one broker with these errors, one each.
    package func pushErrors(broker: Int32, api: APIKey, _ codes: [KafkaError.Code]) throws(KafkaError) {
        try checkBroker(broker)
        for code in codes {
            try perform("cannot push an error to broker \(broker)") { cluster in
                unsafe crdkafka_push_broker_error(
                    cluster, broker, api.rawValue, rd_kafka_resp_err_t(rawValue: code.rawValue))
            }
        }
    }

    /// Forgets errors pushed and not used yet.
    package func clearErrors(api: APIKey) throws(KafkaError) {
        try perform("cannot clear errors") { cluster in
            unsafe rd_kafka_mock_clear_request_errors(cluster, api.rawValue)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Moves a partition to another broker; nil: to none.
    package func setLeader(topic: String, partition: Int32, broker: Int32?) throws(KafkaError) {
        let topic = try topic.checkedTopicName()
        if let broker { try checkBroker(broker) }
        try perform("cannot move partition \(partition) of topic \"\(topic)\"") { cluster in
            unsafe rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker ?? -1)
        }
    }

    /// Ends the cluster; its data is gone.
    ///
    /// May be called again.
    package func close() { _ = owner.withLock { $0.take() } }

    private func checkBroker(_ id: Int32) throws(KafkaError) {
        guard id >= 1, id <= brokers else { throw .invalidArgument("the mock cluster has no broker \(id)") }
    }

    @safe
    private func perform(
        _ context: String,
        _ body: (OpaquePointer) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        guard let owner = owner.withLock({ $0 }) else { throw .closed("the mock cluster") }
        let code = unsafe body(owner.cluster)
        withExtendedLifetime(owner) {}
        try KafkaError.check(code, context)
    }
}
