import CRdKafka

/// What a client is for, and the librdkafka properties that follow from it.
enum ClientRole {
    case producer
    case consumer(groupID: String)
    case admin
    case mockHost

    var type: rd_kafka_type_t {
        switch self {
        case .producer, .mockHost: return RD_KAFKA_PRODUCER
        // A consumer, because asking a producer's client about a topic may create it.
        case .consumer, .admin: return RD_KAFKA_CONSUMER
        }
    }

    var needsServers: Bool {
        if case .mockHost = self { return false }
        return true
    }

    /// Defaults where librdkafka's own do not suit; the operator's properties win.
    var defaults: [String: String] {
        var defaults = [
            // A connection that a firewall forgot is noticed.
            "socket.keepalive.enable": "true",
            // librdkafka waits up to 10 s before it looks for a broker again; a purge should not.
            "reconnect.backoff.max.ms": "1000",
        ]
        if case .admin = self { return defaults }
        // A broker that hangs, its connections open, is given up after this, and whoever leads instead is asked. The
        // library waits for a minute. It must be longer than `fetch.wait.max.ms` by a second, and than a broker may
        // take to store offsets (offsets.commit.timeout.ms, 5 s).
        defaults["socket.timeout.ms"] = "6000"
        // The same for a connection that comes about too slowly; TLS and SASL included.
        defaults["socket.connection.setup.timeout.ms"] = "6000"
        switch self {
        case .producer:
            defaults["acks"] = "all"
            defaults["linger.ms"] = "1"
            defaults["message.timeout.ms"] = "10000"
            // A key goes to the same partition as with the Java client, so producers in any language agree.
            defaults["partitioner"] = "murmur2_random"
            // A topic that does not exist is reported before the message times out.
            defaults["topic.metadata.propagation.max.ms"] = "5000"
            // A topic that a cluster makes for whoever asks first has the wrong properties; a producer's client would
            // ask for it unless told otherwise.
            defaults["allow.auto.create.topics"] = "false"
        case .consumer:
            // Bounds the memory of read-ahead for each partition; the library's default is 64 MiB.
            defaults["queued.max.messages.kbytes"] = "16384"
            // We are never in the group. But so long a commit waits for the group's coordinator, and librdkafka holds
            // partitions back meanwhile that are newly assigned, or sought out of range.
            defaults["session.timeout.ms"] = "6000"
            // So long a broker holds a fetch back that it has nothing for. Its answer tells of what it holds back for
            // an open transaction, too.
            defaults["fetch.wait.max.ms"] = "500"
        case .admin, .mockHost: break
        }
        return defaults
    }

    /// The only value of each reserved property; `group.id` has none, it comes with the consumer.
    static let reservedValues = [
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
        "enable.partition.eof": "true",
        "enable.idempotence": "true",
    ]

    /// What safety depends on; applied last.
    ///
    /// See `KafkaConfiguration.reservedProperties`.
    var required: [String: String] {
        switch self {
        case .producer: return Self.reservedValues.filter { $0.key == "enable.idempotence" }
        case .consumer(let groupID):
            var required = Self.reservedValues.filter { $0.key != "enable.idempotence" }
            required["group.id"] = groupID
            return required
        case .admin, .mockHost: return [:]
        }
    }
}
