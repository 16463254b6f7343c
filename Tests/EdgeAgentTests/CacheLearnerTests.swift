import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// The learner alone, round by round.
@Suite(.serialized) struct CacheLearnerTests: OverCacheBench {
    let bench: CacheBench
    private let worker: WorkerFixture

    init() throws {
        bench = try CacheBench()
        worker = try WorkerFixture(state: bench.state, caches: [bench.files.path], guardWindow: .zero)
    }

    private func begin() throws -> (learner: CacheLearner, commit: IndexCommit) {
        _ = try worker.caches.reopen(0)
        var learner = try CacheLearner(worker.context)
        for cache in worker.caches.formats { learner.beginScan(cache) }
        return (learner, try IndexCommit(worker.index, worker.board))
    }

    /// A round; returns the URLs of the objects that were read.
    @discardableResult
    private func round(_ learner: inout CacheLearner, _ commit: inout IndexCommit) throws -> [String] {
        var stored: [String] = []
        _ = learner.follow()
        try learner.scan(&commit)
        try learner.learn(all: true, &commit) { object, _ in
            stored.append(String(decoding: object.key.encoded(), as: UTF8.self))
        }
        return stored
    }

    private func close() {
        worker.caches.close()
        worker.database.close()
    }

    @Test func `a cache is learned once it is looked through and all is in the index`() throws {
        defer { close() }
        for number in 0..<20 { try fixture.store("http://a.test/\(number)") }
        var (learner, commit) = try begin()
        #expect(!learner.isLearned(0) && !learner.isListed(0) && learner.isLoading)
        var rounds = 0
        while !learner.isLearned(0), rounds < 100 {
            try round(&learner, &commit)
            rounds += 1
        }
        #expect(!learner.isLoading && !learner.hasFailed(0))
        #expect(worker.board.counts.objectsIndexed == 20)
    }

    @Test func `what the watcher reports is read once, and told`() throws {
        defer { close() }
        var (learner, commit) = try begin()
        for _ in 0..<10 { try round(&learner, &commit) }
        #expect(learner.isLearned(0))
        for _ in 0..<3 { try fixture.store("http://a.test/x") }
        #expect(try round(&learner, &commit).count == 1)
        #expect(try round(&learner, &commit).isEmpty)
        #expect(worker.board.counts.objectsIndexed == 1)
    }

    @Test func `after an overflow it is not learned until it is looked through again`() throws {
        defer { close() }
        var (learner, commit) = try begin()
        for _ in 0..<10 { try round(&learner, &commit) }
        worker.set(.overflowsOnce)
        try fixture.store("http://a.test/x")
        #expect(learner.follow().overflowed == [0])
        #expect(!learner.isLearned(0) && !learner.isListed(0))
        for _ in 0..<10 { try round(&learner, &commit) }
        #expect(learner.isLearned(0))
        #expect(worker.board.counts.objectsIndexed == 1)
    }

    /// Attack: the watcher overflows while an empty index is filled.
    ///
    /// The files listed again came twice into the file of sorted entries, which then could never be written.
    @Test func `a cache that is looked through again while the index is filled is filled all the same`() throws {
        defer { close() }
        for number in 0..<100 { try fixture.store("http://a.test/\(number)") }
        var (learner, commit) = try begin()
        for _ in 0..<3 { try round(&learner, &commit) }
        #expect(learner.isLoading)
        worker.set(.overflowsOnce)
        try fixture.store("http://a.test/0", tags: "new")
        try fixture.store("http://a.test/x")
        for _ in 0..<50 { try round(&learner, &commit) }
        #expect(learner.isLearned(0))
        #expect(worker.board.counts.objectsIndexed == 101)
        #expect(try worker.index.countedTotals().objects == 101)
        #expect(try worker.index.nameCounts().tags == 1)
    }

    @Test func `a watcher that fails makes it unknown until it works again`() throws {
        defer { close() }
        var (learner, commit) = try begin()
        for _ in 0..<10 { try round(&learner, &commit) }
        worker.set(.fails)
        try round(&learner, &commit)
        #expect(learner.hasFailed(0) && !learner.isListed(0))
        #expect(worker.board.problem?.contains("a faulty watcher") == true)
    }

    @Test func `a cache that is looked after no more is forgotten`() throws {
        defer { close() }
        var (learner, commit) = try begin()
        for _ in 0..<10 { try round(&learner, &commit) }
        learner.keep([])
        #expect(!learner.isLearned(0) && !learner.hasFailed(0))
    }
}
