import Kafka
import Logging
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// What an agent finds out of its configuration by looking at files, as the doctor does.
@Suite struct CensusTakerTests {
    private let fixture: MetricsFixture
    private let files: CacheFixture

    init() throws {
        fixture = try MetricsFixture()
        files = CacheFixture(path: fixture.directory.path + "/cache")
    }

    private var board: AgentStatusBoard { fixture.board }

    private func store(_ count: Int, _ key: (Int) -> String) throws {
        for number in 0..<count { try files.store(key(number)) }
    }

    private func taker(_ keys: [String], hosts: [String] = []) -> CensusTaker {
        let configuration = AgentConfiguration(
            agent: "a", stateDirectory: fixture.directory.path, kafka: .init(bootstrapServers: ""),
            caches: [CacheConfiguration(path: files.path, cacheKeys: keys, hosts: hosts)])
        return CensusTaker(configuration, board: board, clock: SystemClock(), logger: Logger(label: "test"))
    }

    /// Attack: a key that is read as if it began with the host: every purge by URL is confirmed with 0 objects.
    @Test func `a scheme in the place of the host is a problem until the key is right`() throws {
        try store(30) { "http://shop.example/\($0)" }
        let taker = taker(["$host://$http_x$request_uri"])
        taker.look()
        let problem = try #require(board.problem)
        #expect(problem.contains(files.path) && problem.contains("30 of 30 files have the host \"http\""), "\(problem)")
        #expect(try fixture.report.text().contains("\nedge_purge_agent_odd_host_files 30\n"))
        #expect(board.problems.worker != nil, "EdgePurgeAgentProblem sees it")
        taker.replace([CacheConfiguration(path: files.path, cacheKeys: ["$scheme://$host$request_uri"])])
        taker.look()
        #expect(board.problem == nil && board.censuses.first?.findings == [])
        #expect(try fixture.report.text().contains("\nedge_purge_agent_odd_host_files 0\n"))
    }

    @Test func `what robots ask for is counted, and no problem`() throws {
        try store(300) { "http://shop.example/\($0)" }
        try files.store("http://http/")
        try files.store("http://:8080/")
        let taker = taker(["$scheme://$host$request_uri"])
        taker.look()
        #expect(board.problem == nil)
        #expect(board.censuses.first?.oddHosts == 2, "\(board.censuses)")
    }

    @Test func `hosts without a dot may be those of an intranet`() throws {
        try store(10) { "http://wiki/\($0)" }
        taker(["$scheme://$host$request_uri"]).look()
        #expect(board.problem == nil && board.censuses.first?.oddHosts == 10)
        try store(10) { "/\($0)" }
        taker(["$uri"], hosts: ["wiki"]).look()
        #expect(board.censuses.first?.oddHosts == 0, "somebody has said so")
    }

    @Test func `a key that nothing fits is told, and no problem`() throws {
        try store(250) { "http://shop.example/\($0)" }
        let taker = taker(["$scheme://$host$request_uri", "$request_method|$uri"], hosts: ["shop.example"])
        #expect(!taker.look(), "there is room for more files")
        #expect(board.problem == nil)
        #expect(board.censuses.first?.unusedKeys == ["$request_method|$uri"])
        #expect(board.censuses.first?.files == 250)
        let text = try fixture.report.text()
        #expect(text.contains("\nedge_purge_agent_unused_cache_keys 1\n"))
        #expect(text.contains("\nedge_purge_agent_checked_files 250\n"))
    }

    @Test func `a cache that is taken out takes its problem along`() throws {
        try store(5) { "http://shop.example/\($0)" }
        let taker = taker(["$host://$http_x$request_uri"])
        taker.look()
        #expect(board.problem != nil)
        taker.replace([CacheConfiguration(path: files.path + "/gone", cacheKeys: ["$uri"], hosts: ["a.test"])])
        taker.look()
        #expect(board.problem == nil && board.censuses.isEmpty)
    }
}
