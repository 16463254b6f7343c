import PurgeModel
import Testing

@testable import EdgeAgent

/// The age of the oldest purge that waits: what alerts go by.
struct QueueWaitTests {
    private let now = Timestamp(milliseconds: 1_700_000_100_000)

    private func ago(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: now.milliseconds - seconds * 1000) }

    @Test func `it is zero while nothing waits, however late it gets`() throws {
        let fixture = try MetricsFixture()
        #expect(try fixture.queue.oldestWait(now: now) == .zero)
        try fixture.queue.assigned(0, from: 0, highWatermark: 0)
        let key = try fixture.enqueue(offset: 0, acceptedAt: ago(50))
        try fixture.complete(key)
        #expect(try fixture.queue.oldestWait(now: now) == .zero)
        #expect(try fixture.queue.oldestWait(now: now.advanced(by: .seconds(100_000))) == .zero)
    }

    @Test func `it is the age of the oldest over all partitions`() throws {
        let fixture = try MetricsFixture()
        _ = try fixture.enqueue(partition: 0, offset: 5, acceptedAt: ago(10))
        let old = try fixture.enqueue(partition: 1, offset: 0, acceptedAt: ago(40))
        _ = try fixture.enqueue(partition: 1, offset: 1, acceptedAt: ago(20))
        #expect(try fixture.queue.oldestWait(now: now) == .seconds(40))
        try fixture.complete(old)
        #expect(try fixture.queue.oldestWait(now: now) == .seconds(20))
    }

    @Test func `one that finishes out of order does not hide the one before it`() throws {
        let fixture = try MetricsFixture()
        _ = try fixture.enqueue(offset: 0, acceptedAt: ago(40))
        let later = try fixture.enqueue(offset: 1, acceptedAt: ago(30))
        try fixture.complete(later)
        #expect(try fixture.queue.oldestWait(now: now) == .seconds(40))
    }

    @Test func `messages that are no purges are passed over`() throws {
        let fixture = try MetricsFixture()
        for offset in 0..<3 { try fixture.enqueueNoPurge(offset: Int64(offset)) }
        #expect(try fixture.queue.oldestWait(now: now) == .zero)
        _ = try fixture.enqueue(offset: 3, acceptedAt: ago(7))
        #expect(try fixture.queue.oldestWait(now: now) == .seconds(7))
    }

    @Test func `it survives a restart of the agent`() throws {
        let fixture = try MetricsFixture()
        _ = try fixture.enqueue(offset: 0, acceptedAt: ago(40))
        let again = try PurgeQueue(database: fixture.database, entriesMax: 100)
        #expect(try again.oldestWait(now: now) == .seconds(40))
    }

    @Test func `a clock that is ahead makes it zero`() throws {
        let fixture = try MetricsFixture()
        _ = try fixture.enqueue(offset: 0, acceptedAt: ago(-40))
        #expect(try fixture.queue.oldestWait(now: now) == .zero)
    }
}
