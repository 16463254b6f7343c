import Synchronization
import TestSupport
import Testing

@testable import Kafka

@Suite struct KafkaConfigurationTests {
    private func error(_ properties: [String: String], servers: String = "127.0.0.1:1") async -> KafkaError? {
        let configuration = KafkaConfiguration(bootstrapServers: servers, properties: properties)
        let producer = await thrown { () throws(KafkaError) in try Producer(configuration) }
        let consumer = await thrown { () throws(KafkaError) in
            try PartitionConsumer(configuration, topic: "t", groupID: nil)
        }
        #expect(producer?.code == consumer?.code)
        return producer
    }

    @Test(arguments: [
        ("no.such.property", "1"), ("message.timeout.ms", "NaN"), ("message.timeout.ms", "inf"),
        ("socket.timeout.ms", "99999999999999999999"), ("socket.timeout.ms", "-5"),
        ("security.protocol", "carrier pigeon"),
        ("", "x"), ("client.id", "a\0b"), ("client\0id", "a"), ("opaque", "x"), ("log_cb", "x"),
    ])
    func `a bad property is an error that names it`(name: String, value: String) async {
        let error = await error([name: value])
        #expect(error?.code == .invalidArgument)
        #expect(name.contains("\0") || error?.message.contains("\"\(name)\"") == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("enable.auto.commit", "true"), ("auto.offset.reset", "latest"), ("enable.idempotence", "false"),
        ("enable.auto.offset.store", "true"), ("group.id", "x"), ("enable.partition.eof", "false"),
    ])
    func `what safety depends on cannot be changed`(name: String, value: String) async {
        let error = await error([name: value])
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(name) == true)
    }

    @Test func `the value of ours is accepted for what safety depends on`() async {
        #expect(await error(ClientRole.reservedValues) == nil)
    }

    @Test func `a client without servers is refused, one with a wrong server is not`() async {
        #expect(await error([:], servers: "")?.code == .invalidArgument)
        #expect(await error([:], servers: "nowhere.invalid:99999") == nil)
    }

    @Test func `a TLS file that is not there is an error, not a crash`() async {
        let error = await error(["security.protocol": "ssl", "ssl.ca.location": "/nonexistent/ca.pem"])
        #expect(error?.code == .invalidArgument)
    }

    @Test func `statistics come as JSON and log lines to the handler`() async throws {
        let (cluster, mock) = try TestCluster.mock()
        let topic = try await cluster.topic()
        let statistics = Collected()
        let logs = Collected()
        var configuration = cluster.configuration(["debug": "broker"])
        configuration.statistics = (.milliseconds(20), { statistics.add($0) })
        configuration.logHandler = { _, facility, text in logs.add(facility + text) }
        let consumer = try PartitionConsumer(configuration, topic: topic, groupID: nil)
        let producer = try Producer(configuration)
        _ = try await producer.send(topic: topic, key: nil, value: nil)
        try await eventually("statistics have come") {
            _ = try await onThread { consumer.poll(maxMessages: 10, timeout: .milliseconds(20)) }
            return statistics.all.count >= 5
        }
        #expect(statistics.all.allSatisfy { $0.hasPrefix("{") && $0.contains("\"name\"") })
        #expect(!logs.all.isEmpty)
        consumer.close()
        await producer.closeGracefully(flushing: .seconds(1))
        mock.close()
    }

    @Test(arguments: [
        (Duration.milliseconds(5), Int32(5)), (.seconds(-1), 0), (.zero, 0), (.microseconds(1), 1),
        (.seconds(Int64.max), 2_000_000_000), (.seconds(Int64.min), 0), (.seconds(3), 3000),
    ])
    func `a duration becomes milliseconds in range`(duration: Duration, milliseconds: Int32) {
        #expect(duration.clampedMilliseconds == milliseconds)
    }
}

/// Texts that handlers got.
private final class Collected: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
}
