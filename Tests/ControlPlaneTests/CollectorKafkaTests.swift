import Foundation
import HTTPTypes
import HummingbirdTesting
import Kafka
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// The collector and the API on a real Kafka protocol: librdkafka's own small cluster.
@Suite(.timeLimit(.minutes(2))) struct CollectorKafkaTests {
    @Test func `collector restarted: a purge that acknowledgements have confirmed is the same afterwards`()
        async throws
    {
        let bench = try KafkaBench()
        defer { bench.cluster.close() }
        let agents = try Producer(bench.configuration.kafka)
        let names = ["edge-1", "edge-2", "edge-3"]
        for name in names { try await bench.acknowledge(Samples.acknowledgement(name), with: agents) }
        let ids = Mutex<[String]>([])
        try await bench.run { client, ledger async throws in
            try await bench.waitUntilReady(client)
            let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
            let pending = try await client.ask(.get, "/v1/purges/\(id)")
            #expect((pending.json["agents"] as? [String: Int])?["expected"] == 3)
            let partition = Int32(try #require(pending.json["partition"] as? Int))
            let offset = Int64(try #require(pending.json["offset"] as? Int))
            async let waiting = client.ask(.get, "/v1/purges/\(id)?wait=1m")
            for name in names.dropLast() { try await bench.applied(partition, offset, by: name, with: agents) }
            try await eventually("two have applied it") { ledger.appliedCount(id) == 2 }
            #expect(ledger.read { state, _ in state.openCount } == 1)
            try await bench.applied(partition, offset, by: "edge-3", with: agents)
            let confirmed = try await waiting
            #expect(confirmed.json["state"] as? String == "confirmed")
            #expect(confirmed.json["removed"] as? Int == 6)

            // Straight to Kafka, as another service would.
            let other = try Samples.event(77, acceptedAt: Int64(Date().timeIntervalSince1970 * 1000))
            _ = try await agents.send(topic: "purge.events", key: Array("z".utf8), value: Array("no purge".utf8))
            let delivery = try await agents.send(
                topic: "purge.events", key: Array(other.zone.utf8), value: PurgeEventCodec.encode(other))
            for name in names {
                let ranges = [delivery.partition: [delivery.offset...delivery.offset]]
                try await bench.acknowledge(
                    Samples.acknowledgement(
                        name, applied: [delivery.partition: offset + 1], ranges: ranges,
                        recent: [Samples.result(partition, offset, removed: 2)]), with: agents)
            }
            // It is not known to the API before the collector has read it.
            try await eventually("it is known") {
                try await client.ask(.get, "/v1/purges/\(other.id)").status != 404
            }
            #expect(
                try await client.ask(.get, "/v1/purges/\(other.id)?wait=1m").json["state"] as? String == "confirmed")
            ids.withLock { $0 = [id, other.id.description] }
        }
        try await bench.run { client, _ async throws in
            try await bench.waitUntilReady(client)
            let ids = ids.withLock { $0 }
            for id in ids {
                let answer = try await client.ask(.get, "/v1/purges/\(id)")
                #expect(answer.json["state"] as? String == "confirmed", "\(answer.text)")
                #expect((answer.json["agents"] as? [String: Int])?["applied"] == 3)
            }
            #expect(try await client.ask(.get, "/v1/purges/\(ids[0])").json["removed"] as? Int == 6)
            _ = try await agents.send(topic: "purge.acks", key: Array("edge-2".utf8), value: nil)
            try await eventually("the agent is gone") { try await client.agentCount() == 2 }
        }
        await agents.closeGracefully(flushing: .seconds(1))
    }

    @Test func `times that no clock has spoil neither lists nor figures`() async throws {
        // "confirmed, 498861 h"; one of the year 9999 stood first in every list, one of year 0 in none.
        let bench = try KafkaBench()
        defer { bench.cluster.close() }
        let agents = try Producer(bench.configuration.kafka)
        try await bench.acknowledge(Samples.acknowledgement("edge-1"), with: agents)
        try await bench.run { client, _ async throws in
            try await bench.waitUntilReady(client)
            let before = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            for (number, milliseconds) in [0, Timestamp.range.lowerBound, .max].enumerated() {
                let event = try Samples.event(80 + number, acceptedAt: milliseconds)
                let delivery = try await agents.send(
                    topic: "purge.events", key: Array(event.zone.utf8), value: PurgeEventCodec.encode(event))
                try await eventually("it is known") {
                    try await client.ask(.get, "/v1/purges/\(event.id)").status != 404
                }
                try await bench.applied(delivery.partition, delivery.offset, by: "edge-1", with: agents)
                let status = try await client.ask(.get, "/v1/purges/\(event.id)?wait=1m")
                #expect(status.json["state"] as? String == "confirmed")
                let accepted = (status.json["accepted_at"] as? String).flatMap { Timestamp(rfc3339: $0) }
                #expect(try #require(accepted) >= before.advanced(by: .seconds(-1)), "\(status.text)")
                #expect(try #require(accepted) < before.advanced(by: .seconds(120)), "\(status.text)")
            }
            let last = try await client.purge(#"{"tags":["a"]}"#).purgeID
            let list = try await client.ask(.get, "/v1/purges")
            let ids = (list.json["purges"] as? [[String: Any]])?.compactMap { $0["id"] as? String } ?? []
            #expect(ids.count == 4 && ids.first == last, "\(ids)")
        }
        await agents.closeGracefully(flushing: .seconds(1))
    }

    @Test func `without a broker the API says so, and works again when it is back`() async throws {
        let fast = try KafkaBench(produceTimeout: .milliseconds(300))
        defer { fast.cluster.close() }
        try await fast.run { client, ledger async throws in
            try await fast.waitUntilReady(client)
            try fast.cluster.setBroker(1, isUp: false)
            let refused = try await client.purge(#"{"tags":["a"]}"#)
            #expect(refused.status == 503 && refused.headers[.retryAfter] != nil)
            #expect([1170, 1171].contains(refused.codes.first ?? 0), "\(refused.text)")
            #expect(ledger.read { state, _ in state.openCount } == 0)
            try fast.cluster.setBroker(1, isUp: true)
            // The client may need several looks before it has found the broker again.
            try await eventually("a purge is accepted") {
                try await client.purge(#"{"tags":["b"]}"#).status == 200
            }
        }
    }

    @Test func `history that Kafka has lost is passed over`() async throws {
        let bench = try KafkaBench()
        defer { bench.cluster.close() }
        let agents = try Producer(bench.configuration.kafka)
        try await bench.acknowledge(Samples.acknowledgement("edge-1"), with: agents)
        try bench.cluster.pushErrors(api: .fetch, [.offsetOutOfRange, .offsetOutOfRange])
        try await bench.run { client, _ async throws in
            try await bench.waitUntilReady(client)
            let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
            let status = try await client.ask(.get, "/v1/purges/\(id)")
            let partition = Int32(try #require(status.json["partition"] as? Int))
            try await bench.applied(partition, 0, by: "edge-1", with: agents)
            #expect(try await client.ask(.get, "/v1/purges/\(id)?wait=1m").json["state"] as? String == "confirmed")
        }
        await agents.closeGracefully(flushing: .seconds(1))
    }

    @Test func `a topic made anew: what an agent told of the earlier one does not count`() async throws {
        let old = try KafkaBench()
        let partition = Mutex<Int32>(0)
        let oldAgents = try Producer(old.configuration.kafka)
        try await old.acknowledge(Samples.acknowledgement("edge-1"), with: oldAgents)
        try await old.run { client, ledger async throws in
            try await old.waitUntilReady(client)
            for _ in 0..<3 {
                let id = try await client.purge(#"{"tags":["a"]}"#).purgeID
                let status = try await client.ask(.get, "/v1/purges/\(id)")
                partition.withLock { $0 = Int32(status.json["partition"] as? Int ?? 0) }
            }
            let partition = partition.withLock { $0 }
            try await old.applied(partition, 2, by: "edge-1", with: oldAgents)
            try await eventually("all three are confirmed") {
                ledger.read { state, _ in state.openCount == 0 && state.readTo[partition] == 3 }
            }
        }
        await oldAgents.closeGracefully(flushing: .seconds(1))
        old.cluster.close()

        // Only purge.events was made anew: the agent's last words are still there, and it is down.
        let new = try KafkaBench(after: old)
        defer { new.cluster.close() }
        let agents = try Producer(new.configuration.kafka)
        let place = partition.withLock { $0 }
        try await new.applied(place, 2, by: "edge-1", with: agents)
        let event = try Samples.event(77, acceptedAt: Int64(Date().timeIntervalSince1970 * 1000))
        _ = try await agents.send(
            topic: "purge.events", key: nil, value: PurgeEventCodec.encode(event), partition: place)
        try await new.run { client, ledger async throws in
            try await new.waitUntilReady(client)
            try await eventually("it is known") {
                try await client.ask(.get, "/v1/purges/\(event.id)").status != 404
            }
            let id = try await client.purge(#"{"tags":["b"]}"#).purgeID
            let status = try await client.ask(.get, "/v1/purges/\(id)")
            #expect(status.json["offset"] as? Int == 1, "\(status.text)")
            #expect(ledger.read { state, _ in state.isOpen(event.id) && PurgeID(id).map(state.isOpen) == true })
            try await eventually("both are read") {
                ledger.read { state, _ in state.readTo[place] == 2 }
            }
            try await new.applied(place, 1, by: "edge-1", with: agents)
            for id in [event.id.description, id] {
                #expect(
                    try await client.ask(.get, "/v1/purges/\(id)?wait=1m").json["state"] as? String == "confirmed")
            }
        }
        await agents.closeGracefully(flushing: .seconds(1))
    }

    @Test func `another machine with the same name is a member until an operator has its say, which Kafka keeps`()
        async throws
    {
        let bench = try KafkaBench()
        defer { bench.cluster.close() }
        let agents = try Producer(bench.configuration.kafka)
        let (first, second) = (Samples.machine(1), Samples.machine(2))
        try await bench.acknowledge(
            Samples.acknowledgement("edge", instance: "1", machine: first, status: .draining), with: agents)
        try await bench.run { client, _ async throws in
            try await bench.waitUntilReady(client)
            try await bench.acknowledge(
                Samples.acknowledgement("edge", instance: "2", machine: second), with: agents)
            try await eventually("both are there") { try await client.agentCount() == 2 }
        }
        try await bench.run { client, _ async throws in
            try await bench.waitUntilReady(client)
            #expect(try await client.agentCount() == 2)
            let answer = try await client.ask(.post, "/v1/agents/edge/replace")
            #expect(answer.json["machine"] as? String == second, "\(answer.text)")
            #expect(try await client.agentCount() == 1)
        }
        // Another control plane, which only reads the topic.
        let other = try KafkaBench(on: bench)
        try await other.run { client, _ async throws in
            try await other.waitUntilReady(client)
            let agents = try await client.ask(.get, "/v1/agents").json["agents"] as? [[String: Any]]
            #expect(agents?.compactMap { $0["machine"] as? String } == [second])
            #expect(agents?.compactMap { $0["agent"] as? String } == ["edge"])
        }
    }
}
