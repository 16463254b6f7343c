import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Attack A6: nobody was told of tags that were dropped, or of heads that could not be read.
@Suite(.serialized) struct TagLossTests {
    private let state: TemporaryDirectory
    private let directory: TemporaryDirectory
    private var files: CacheFixture { CacheFixture(path: directory.path) }

    init() throws {
        state = try TemporaryDirectory()
        directory = try TemporaryDirectory()
    }

    @discardableResult
    private func store(_ key: String, head: String) throws -> String {
        try files.store(CacheFixture.bytes(key: key, wholeHead: Array(head.utf8)), name: CacheFixture.name(key))
    }

    private func run(_ body: (WorkerFixture, TestClock) async throws -> Void) async throws {
        let clock = TestClock(.stands)
        let worker = try WorkerFixture(state: state, caches: [directory.path], clock: clock, guardWindow: .zero)
        try await worker.startAndScan()
        try await body(worker, clock)
        try await worker.stop()
    }

    private func status(_ worker: WorkerFixture) throws -> String {
        try String(decoding: JSONEncoder().encode(worker.board.tagLoss), as: UTF8.self)
    }

    @Test func `a head in an unknown protocol: the object is found by its URL, and told`() async throws {
        let file = try store("http://a.example/odd", head: "?????\r\nCache-Tag: a\r\n\r\n")
        try await run { worker, _ in
            #expect(worker.board.tagLoss.heads.filter { $0.value > 0 } == ["unknown_protocol": 1])
            #expect(worker.board.tagLoss.example?.file == file)
            #expect(worker.board.problem?.contains(file) == true)
            #expect(worker.board.problems.worker == nil, "nothing stops for it")
            let told = try await worker.apply([try WorkerFixture.event(url: "http://a.example/odd")])
            #expect(told.map(\.removed) == [1])
            #expect(CacheFixture.version(file) == 0)
        }
    }

    @Test func `dropped tags are counted by reason, and shown with the object`() async throws {
        try store("http://a.example/whole", head: "HTTP/1.1 200 OK\r\nCache-Tag: a\r\n\r\n")
        try store(
            "http://a.example/part",
            head: "HTTP/1.1 200 OK\r\nCache-Tag: a, b c, d\u{e9}, \(String(repeating: "x", count: 1025))\r\n\r\n")
        try await run { worker, _ in
            let text = try status(worker)
            #expect(worker.board.tagLoss.objects == 1, "\(text)")
            #expect(worker.board.tagLoss.dropped == ["invalid": 2, "too_long": 1, "beyond_limit": 0], "\(text)")
            let range = try #require(
                try worker.index.ranges(
                    for: Selectors(tags: [try CacheTag(validating: "a")]), scope: .all, forms: [.visitor]
                ).first)
            let (ids, _) = try worker.index.objectIDs(in: range, from: range.lower, limit: 10)
            let found = try worker.index.records(ids).map(\.record).sorted { $0.targets[0][1] < $1.targets[0][1] }
            #expect(found.map { String(decoding: $0.targets[0], as: UTF8.self) } == ["/part", "/whole"])
            #expect(found.map(\.lacksTags) == [true, false])
        }
    }

    @Test func `it is a problem while it goes on, and for an hour after that`() async throws {
        try await run { worker, clock in
            #expect(worker.board.problem == nil)
            try store("http://a.example/1", head: "HTTP/1.1 200 OK\r\nCache-Tag: b c\r\n\r\n")
            try await eventually("it is a problem") { worker.board.problem?.contains("/") == true }
            let first = worker.board.problem
            clock.advance(by: TagLossWatch.lasting / 2)
            try store("http://a.example/2", head: "HTTP/1.1 200 OK\r\nCache-Tag: b c\r\n\r\n")
            try await eventually("both are counted") { worker.board.tagLoss.objects == 2 }
            #expect(worker.board.problem == first, "the same problem is told once")
            clock.advance(by: TagLossWatch.lasting / 2)
            try store("http://a.example/3", head: "HTTP/1.1 200 OK\r\nCache-Tag: fine\r\n\r\n")
            try await eventually("the third is known") { worker.board.indexed.objects == 3 }
            #expect(worker.board.problem == first)
            clock.advance(by: TagLossWatch.lasting / 2)
            try await eventually("it is over") { worker.board.problem == nil }
            #expect(worker.board.tagLoss.objects == 2, "the counts stay")
        }
    }
}
