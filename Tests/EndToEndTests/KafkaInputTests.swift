import Foundation
import Kafka
import NIOHTTP1
import PurgeModel
import TestSupport
import Testing

extension EndToEndTests {
    /// What other services produce straight to Kafka, good and bad.
    @Suite struct KafkaInputTests: SharesEnvironment {
        @Test func `a purge produced straight to Kafka is applied and tracked`() async throws {
            let environment = try environment
            try await environment.warm(["/direct/1?tags=direct", "/direct/2?tags=other"])
            let id = randomID()
            try await produce([event(id: id, selectors: #"{"tags":["direct"]}"#)])
            try await environment.collectorKnows(id)
            let purge = try await environment.confirmed(id)
            #expect(purge["source"].text == "test")
            try await environment.expect("MISS", ["/direct/1?tags=direct"])
            try await environment.expect("HIT", ["/direct/2?tags=other"])
        }

        @Test
        func `bad event, huge event, hostile path, deep JSON: a dead letter with the reason, and the queue goes on`()
            async throws
        {
            let environment = try environment
            let huge = [UInt8](repeating: 0x20, count: 2 << 20)
            let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
            let long = String(repeating: "t", count: 1025)
            let prefix = "shop.example/" + Array(repeating: "a", count: 33).joined(separator: "/")
            let bad: [(value: [UInt8]?, reason: String)] = [
                (Array("not json".utf8), "invalid_json"),
                (Array(deep.utf8), "too_deep"),
                ([0xff, 0xfe, 0x00], "not_utf8"),
                (nil, "tombstone"),
                (huge, "too_large"),
                (event(selectors: #"{"colour":["red"]}"#), "unknown_selector"),
                (event(selectors: #"{"tags":[]}"#), "empty_list"),
                (event(selectors: #"{"tags":["\#(long)"]}"#), "tag_too_long"),
                (event(selectors: #"{"prefixes":["https://shop.example/a"]}"#), "invalid_prefix"),
                (event(selectors: #"{"prefixes":["\#(prefix)"]}"#), "prefix_too_deep"),
                (event(selectors: #"{"urls":["https://shop.example/a\u0000/../../etc/passwd"]}"#), "invalid_url"),
                (event(selectors: #"{"urls":["https://other.example/a"]}"#), "out_of_scope"),
            ]
            try await environment.warm(["/after/1?tags=after"])
            let places = try await produce(bad.map(\.value))
            for (place, one) in zip(places, bad) where place == nil {
                #expect(one.reason == "too_large", "the cluster refused the message for \(one.reason)")
                // The embedded broker takes any size; on another cluster the topic may have a limit of its own.
                #expect(DevEnvironment.isClusterGiven, "the embedded broker refused it")
            }
            let id = randomID()
            try await produce([event(id: id, selectors: #"{"tags":["after"]}"#)])
            try await environment.collectorKnows(id)
            _ = try await environment.confirmed(id)
            try await environment.expect("MISS", ["/after/1?tags=after"])
            let letters = try await deadLetters(at: Set(places.compactMap(\.self)))
            for case (let place?, let one) in zip(places, bad) {
                let found = letters[place] ?? []
                #expect((1...3).contains(found.count), "one is enough for \(one.reason)")
                for letter in found {
                    #expect(letter.reason == one.reason)
                    #expect(!letter.message.isEmpty)
                }
            }
        }

        // MARK: Helpers

        private func randomID() -> String {
            var generator = SystemRandomNumberGenerator()
            return PurgeID.random(using: &generator).description
        }

        private func event(id: String = "0123456789abcdef0123456789abcdef", selectors: String) -> [UInt8] {
            Array(
                """
                {"id":"\(id)","zone":"test","scope":["shop.example","*.shop.example"],"selectors":\(selectors),\
                "accepted_at":"\(Date().formatted(.iso8601))","source":"test"}
                """.utf8
            )
        }

        /// Produces values under one key; returns where each one is, nil for one that the topic refused for its size.
        @discardableResult
        private func produce(_ values: [[UInt8]?]) async throws -> [Place?] {
            let producer = try Producer(environment.kafka(["message.max.bytes": "8000000"]))
            let topic = try environment.ready.topics.events
            var places: [Place?] = []
            for value in values {
                do throws(KafkaError) {
                    let delivery = try await producer.send(topic: topic, key: Array("test".utf8), value: value)
                    places.append(Place(partition: delivery.partition, offset: delivery.offset))
                } catch {
                    guard error.code == .messageTooLarge else { throw error }
                    places.append(nil)
                }
            }
            await producer.closeGracefully(flushing: .seconds(10))
            return places
        }

        struct Place: Hashable {
            var partition: Int32
            var offset: Int64
        }

        /// Reads the dead-letter topic until all places have come.
        private func deadLetters(at places: Set<Place>) async throws -> [Place: [DeadLetter]] {
            let consumer = try PartitionConsumer(
                environment.kafka(["fetch.wait.max.ms": "10"]), topic: environment.ready.topics.deadLetters,
                groupID: nil)
            defer { consumer.close() }
            let count = try consumer.partitionCount(timeout: .seconds(10)) ?? 0
            try consumer.assign(Dictionary(uniqueKeysWithValues: (0..<Int32(count)).map { ($0, .earliest) }))
            var letters: [Place: [DeadLetter]] = [:]
            try await eventually("a dead letter for each of \(places.count) messages") {
                for case .message(let message) in consumer.poll(maxMessages: 100, timeout: .zero) {
                    let headers = message.headers.map { (name: $0.name, value: $0.value) }
                    guard let letter = DeadLetter(headers: headers) else { continue }
                    letters[Place(partition: letter.partition, offset: letter.offset), default: []].append(letter)
                }
                return places.allSatisfy { letters[$0] != nil }
            }
            return letters
        }
    }
}
