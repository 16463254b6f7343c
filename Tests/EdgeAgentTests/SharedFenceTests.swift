import Foundation
import Kafka
import LinuxFiles
import Logging
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Two agents of one machine that were given one fence file, as with the default of both.
@Suite struct SharedFenceTests {
    @Test func `the second one is refused, and neither sets nor lifts the fence of the first one`() throws {
        // Each lifted the other's fence, and visitors got old pages from the cache that should have been bypassed.
        let directory = try TemporaryDirectory()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        func configuration(_ name: String) throws -> AgentConfiguration {
            let cache = directory.path + "/cache-" + name
            try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
            var configuration = AgentConfiguration(
                agent: name, stateDirectory: directory.path + "/state-" + name,
                kafka: KafkaConfiguration(bootstrapServers: "127.0.0.1:1"),
                caches: [CacheConfiguration(path: cache, cacheKeys: ["$scheme://$host$request_uri"])])
            configuration.watcher = .inotify
            configuration.fence.file = directory.path + "/fence"
            return configuration
        }
        let fence = MarkerFile(path: directory.path + "/fence")
        let first = try AgentSupervisor(configuration: try configuration("a"), software: "test", logger: logger)
        #expect(try fence.isThere)
        let error = #expect(throws: AgentError.self) {
            try AgentSupervisor(configuration: try configuration("b"), software: "test", logger: logger)
        }
        #expect(error?.description.contains("fence.file") == true)
        try fence.remove()
        #expect(throws: AgentError.self) {
            try AgentSupervisor(configuration: try configuration("b"), software: "test", logger: logger)
        }
        #expect(try !fence.isThere)
        withExtendedLifetime(first) {}
    }
}
