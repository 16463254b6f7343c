import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Variants and slices that a purge by tag takes along, in rounds that the test makes.
@Suite(.serialized) struct PurgeFamiliesTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    /// A worker that the test moves on round by round.
    private final class Rounds {
        let fixture: WorkerFixture
        let target: FilesTarget

        init(_ fixture: WorkerFixture) throws {
            self.fixture = fixture
            target = try fixture.target()
            try target.start()
            while !target.isReady { try round() }
        }

        func begin(_ event: PurgeEvent, _ offset: Int64) throws {
            try fixture.enqueue([event], from: offset)
            let taken = try #require(fixture.queue.takePurges(1).first)
            try target.beginTaken(event, taken.key)
        }

        @discardableResult
        func round() throws -> [PurgeStep] { try fixture.round(target) }

        func close() {
            fixture.caches.close()
            fixture.database.close()
        }
    }

    private func isStale(_ file: String, _ mode: PurgeMode) -> Bool {
        mode == .delete ? !isLive(file) : CacheFixture.validUntil(file) != 4_000_000_000
    }

    /// Attack: a tag purge of 60,000 slices of 300 videos took 40 s, since all slices of a video were looked up for
    /// each of them; and a deletion took all of them in one round.
    @Test(arguments: [PurgeMode.delete, .invalidate])
    func `each family goes once, a bounded piece a round, and small purges beside it`(_ mode: PurgeMode) throws {
        var stored: [String] = []
        for slice in 0..<40 {
            for video in 0..<10 {
                stored.append(try fixture.store("http://a.test/\(video)bytes=\(slice)-9", tags: "t"))
            }
        }
        for slice in 0..<1100 {
            stored.append(try fixture.store("http://a.test/longbytes=\(slice)-9", tags: slice == 700 ? "t" : ""))
        }
        let other = try fixture.store("http://a.test/othersbytes=0-9")
        let small = try fixture.store("http://b.test/")
        let rounds = try Rounds(WorkerFixture(state: state, caches: [files.path]))
        try rounds.begin(try WorkerFixture.event(tag: "t", mode: mode), 0)
        var (last, states): (Int, [PurgeStep.State]) = (0, [])
        for round in 0..<1000 where states.last != .done {
            if round == 1 {
                var event = try WorkerFixture.event(url: "http://b.test/", mode: mode)
                event.zone = "small"
                try rounds.begin(event, 1)
            }
            for step in try rounds.round() {
                guard step.key.offset == 0 else {
                    #expect(round == 1 && step.state == .done)
                    continue
                }
                #expect(step.progress.removed - last <= 1024)
                last = step.progress.removed
                states.append(step.state)
            }
        }
        #expect(states.last == .done && states.count > 1)
        #expect(last == stored.count)
        #expect(stored.allSatisfy { isStale($0, mode) })
        #expect(isLive(other) && isStale(small, mode))
        rounds.close()
    }

    /// Attack: the agent is killed when half of the slices are out of the index, the one with the tag among them: the
    /// others would be found no more.
    @Test func `slices without the tag are found after a restart in the middle`() async throws {
        let stored = try (0..<1200).map {
            try fixture.store("http://a.test/longbytes=\($0)-9", tags: $0 == 0 ? "t" : "")
        }
        let rounds = try Rounds(WorkerFixture(state: state, caches: [files.path]))
        try rounds.begin(try WorkerFixture.event(tag: "t"), 0)
        var steps: [PurgeStep] = []
        while steps.isEmpty || steps[0].progress.removed < 100 { steps = try rounds.round() }
        #expect(steps.count == 1)
        #expect(stored.contains(where: isLive) && !stored.allSatisfy(isLive))
        rounds.close()
        let worker = try WorkerFixture(state: state, caches: [files.path], highWatermark: 0)
        try await worker.startAndScan()
        try await eventually("the purge is applied") { worker.isApplied(0) }
        #expect(!stored.contains(where: isLive))
        try await worker.stop()
    }

    /// Attack: hundreds of big purges of one zone; those of another waited for one of them to end.
    @Test func `however many purges of one zone are begun, a round is bounded, and another zone has its turn`() throws {
        let stored = try (0..<200).map { try fixture.store("http://a.test/\($0)", tags: "t") }
        let small = try fixture.store("http://b.test/")
        let rounds = try Rounds(WorkerFixture(state: state, caches: [files.path]))
        for offset in 0..<300 {
            try rounds.begin(try WorkerFixture.event(tag: "t", mode: .invalidate), Int64(offset))
        }
        var event = try WorkerFixture.event(url: "http://b.test/")
        event.zone = "small"
        try rounds.begin(event, 300)
        let steps = try rounds.round()
        #expect(steps.last?.key.offset == 300 && steps.last?.state == .done)
        #expect(steps.reduce(0) { $0 + $1.progress.removed } <= 2048)
        #expect(!isLive(small))
        var done = steps.count { $0.state == .done } - 1
        for _ in 0..<100_000 where done < 300 { done += try rounds.round().count { $0.state == .done } }
        #expect(done == 300)
        #expect(stored.allSatisfy { isStale($0, .invalidate) })
        rounds.close()
    }
}

extension FilesTarget {
    /// Begins a purge that was taken from the queue.
    fileprivate func beginTaken(_ event: PurgeEvent, _ key: QueueKey) throws {
        try begin(PurgeJob(key: key, event: event, newestDate: nil, started: .now, progress: PurgeProgress()))
    }
}
