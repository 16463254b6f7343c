import Foundation
import Kafka
import RocksDB
import TestSupport

/// What an earlier version left on the disk of a machine.
///
/// Unpacked from an archive that `Resources/make-state` made with that version.
struct EarlierState {
    /// What the version said of itself when it was packed.
    struct About: Decodable {
        struct Topics: Decodable {
            var events: String
            var acks: String
            var deadLetters: String
        }

        var version: String
        /// The paths of its two caches.
        var cache: String
        var other: String
        var topics: Topics
        var zone: String
    }

    /// A message that was in Kafka.
    private struct Stored: Decodable {
        var partition: Int32
        var offset: Int64
        var ts: Int64
        var key: String?
        var payload: String?
    }

    let about: About
    private let directory: TemporaryDirectory

    var agent: String { directory.path + "/agent" }
    var control: String { directory.path + "/control" }
    var cache: String { directory.path + "/cache" }
    var other: String { directory.path + "/other" }
    /// For what a test adds.
    var folder: String { directory.path }

    /// Unpacks what a version left; the caches are other paths now, and the agent's state says so.
    init(version: String) async throws {
        directory = try TemporaryDirectory()
        let archive = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Resources/state-\(version).tar.gz").path
        let unpacked = try await Program.run(
            "/usr/bin/tar", ["-xzf", archive, "-C", directory.path], in: Program.environment(with: [:]))
        guard unpacked.status == 0 else { throw NeverHappened(what: "the archive was unpacked: \(unpacked)") }
        let told = directory.path + "/told"
        about = try Self.decode(About.self, Data(contentsOf: URL(filePath: told + "/about.json")))
        try relocate()
    }

    /// The agent knows a cache by its path: one that moved would be another cache, and flushed.
    ///
    /// In format 1 that is a key of family `meta`, `cache/` and the path.
    private func relocate() throws {
        let families = ["objects", "files", "urls", "tags", "names", "queue", "meta"]
        let database = try Database(
            path: agent + "/db", options: DatabaseOptions(blockCacheBytes: 1 << 20),
            columnFamilies: families.map { ColumnFamilyOptions(name: $0) })
        defer { database.close() }
        let meta = try database.columnFamily("meta")
        var batch = WriteBatch()
        for (old, new) in [(about.cache, cache), (about.other, other)] {
            let key = Array("cache/\(old)".utf8)
            guard let value = try database.value(forKey: key, in: meta) else { throw Missing() }
            batch.delete(key, in: meta)
            batch.put(Array("cache/\(new)".utf8), value, in: meta)
        }
        try database.write(batch, sync: true)
    }

    /// A cluster with the messages that were in Kafka: the same ones at the same places, of the same time.
    func cluster() async throws -> MockCluster {
        let cluster = try MockCluster()
        let partitions = (try told("status")["partitions"]).items.count
        try cluster.createTopic(about.topics.events, partitions: partitions)
        for topic in [about.topics.acks, about.topics.deadLetters] { try cluster.createTopic(topic, partitions: 1) }
        let producer = try Producer(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers))
        for (topic, name) in [(about.topics.events, "events"), (about.topics.acks, "acks")] {
            for message in try lines("\(name).jsonl").map({ try Self.decode(Stored.self, $0) }) {
                let delivery = try await producer.send(
                    topic: topic, key: message.key.map { Array($0.utf8) },
                    value: message.payload.map { Array($0.utf8) },
                    partition: message.partition, timestamp: message.ts)
                guard topic != about.topics.events || delivery.offset == message.offset else { throw Missing() }
            }
        }
        await producer.closeGracefully(flushing: .seconds(10))
        return cluster
    }

    /// One of the answers that it gave last: `status`.
    func told(_ name: String) throws -> JSONValue {
        let bytes = try Data(contentsOf: URL(filePath: "\(folder)/told/\(name).json"))
        return try JSONDecoder().decode(JSONValue.self, from: bytes)
    }

    /// What its control plane told of each purge.
    func purges() throws -> [JSONValue] {
        try lines("purges.jsonl").map { try JSONDecoder().decode(JSONValue.self, from: $0) }
    }

    /// The cache files of one of its two caches, by cache key.
    static func files(in cache: String) throws -> [String: [String]] {
        var files: [String: [String]] = [:]
        for entry in try FileManager.default.subpathsOfDirectory(atPath: cache) {
            let head = FileManager.default.contents(atPath: "\(cache)/\(entry)")?.prefix(1000) ?? Data()
            guard let match = String(decoding: head, as: UTF8.self).firstMatch(of: /KEY: (.*)\n/) else { continue }
            files[String(match.1), default: []].append("\(cache)/\(entry)")
        }
        return files
    }

    private func lines(_ name: String) throws -> [Data] {
        try Data(contentsOf: URL(filePath: "\(folder)/told/\(name)")).split(separator: UInt8(ascii: "\n"))
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: bytes)
    }
}
