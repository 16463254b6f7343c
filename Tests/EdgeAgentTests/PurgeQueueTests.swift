import PurgeModel
import RocksDB
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct PurgeQueueTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    static func event(_ text: String = "flush") throws -> PurgeEvent {
        var random = SeededGenerator()
        return PurgeEvent(
            id: .random(using: &random), zone: "z", scope: .all,
            selectors: Selectors(tags: [try CacheTag(validating: text)]), acceptedAt: Timestamp(milliseconds: 0),
            source: "test")
    }

    private func complete(_ keys: [QueueKey], _ queue: PurgeQueue, _ database: AgentDatabase) throws {
        var batch = Change()
        for key in keys { queue.complete(key, into: &batch) }
        try database.write(batch)
        queue.completed(keys)
    }

    /// What the queue should hold: per partition the offsets taken in and not completed.
    private struct Model {
        var next: [Int32: Int64] = [:]
        var pending: [Int32: Set<Int64>] = [:]
        var refused = 0
    }

    @Test(arguments: 0..<8)
    func `nothing is lost, and nothing pending is told as applied`(_ number: Int) throws {
        var random = SeededGenerator()
        var database = try TestDatabase.open(directory)
        var queue = try PurgeQueue(database: database, entriesMax: 1000)
        var model = Model()
        var taken: [QueueKey] = []
        let event = try Self.event()
        for _ in 0..<200 {
            let partition = Int32(random.number(0...2))
            switch random.number(0...9) {
            case 0...3:
                var arrivals: [PurgeQueue.Arrival] = []
                for _ in 0..<random.number(1...5) {
                    // Sometimes a gap, sometimes an offset that came before.
                    let expected = model.next[partition] ?? 5
                    let offset = expected + Int64(random.number(-1...2))
                    let isRefused = random.once(in: 5)
                    arrivals.append(
                        isRefused
                            ? PurgeQueue.Arrival.refused(partition, offset)
                            : PurgeQueue.Arrival.purge(partition, offset, event))
                    guard offset >= expected || model.next[partition] == nil else { continue }
                    model.next[partition] = offset + 1
                    if isRefused {
                        model.refused += 1
                    } else {
                        model.pending[partition, default: []].insert(offset)
                    }
                }
                try queue.enqueue(arrivals)
            case 4, 5, 6: taken += queue.takePurges(random.number(0...6)).map(\.key)
            case 7:
                taken.shuffle(using: &random)
                let keys = Array(taken.prefix(random.number(0...4)))
                taken.removeFirst(keys.count)
                try complete(keys, queue, database)
                for key in keys { model.pending[key.partition]?.remove(key.offset) }
            case 8:
                guard random.once(in: 4) else { continue }
                let low = (model.next[partition] ?? 0) + Int64(random.number(0...9))
                try queue.restart(partition, at: low, flush: event)
                model.next[partition] = low
                model.pending[partition] = [low - 1]
                taken.removeAll { $0.partition == partition }
            default:
                guard random.once(in: 2) else { continue }
                database.close()
                database = try TestDatabase.open(directory)
                queue = try PurgeQueue(database: database, entriesMax: 1000)
                taken = []
            }
            compare(queue, model, random.seed)
        }
        // Everything comes out in the end, and each once.
        var out = taken
        out += queue.takePurges(.max).map(\.key)
        let expected = model.pending.flatMap { partition, offsets in offsets.map { [Int64(partition), $0] } }
        #expect(Set(out.map { [Int64($0.partition), $0.offset] }) == Set(expected), "seed \(random.seed)")
        #expect(out.count == expected.count, "seed \(random.seed)")
        try complete(out, queue, database)
        #expect(try TestDatabase.count("queue", database) == 0)
        #expect(queue.refused.summary.count == model.refused, "seed \(random.seed)")
        #expect(try TestDatabase.count("refused", database) == model.refused, "seed \(random.seed)")
        #expect(queue.count == 0)
        database.close()
    }

    private func compare(_ queue: PurgeQueue, _ model: Model, _ seed: UInt64) {
        for (partition, next) in model.next {
            let pending = model.pending[partition] ?? []
            guard let progress = queue.progress().first(where: { $0.partition == partition }) else {
                Issue.record("partition \(partition) is not told, seed \(seed)")
                continue
            }
            check(queue.nextOffset(partition) == next, "next offset of \(partition), seed \(seed)")
            check(progress.queued == next, "queued of \(partition), seed \(seed)")
            for offset in pending where offset >= 0 {
                check(!progress.hasApplied(offset), "\(partition)/\(offset) is pending, seed \(seed)")
            }
            if pending.isEmpty { check(progress.applied == next, "applied of \(partition), seed \(seed)") }
        }
        check(queue.count == model.pending.values.reduce(0) { $0 + $1.count }, "count, seed \(seed)")
    }

    @Test func `purges come out in the order they came in, also after they were given back`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        let event = try Self.event()
        try queue.enqueue((0..<6).map { PurgeQueue.Arrival.purge(0, $0, event) })
        let first = queue.takePurges(2)
        let second = queue.takePurges(2)
        queue.giveBack(second)
        queue.giveBack(first)
        #expect(queue.hasPurges)
        #expect(queue.takePurges(10).map(\.key.offset) == [0, 1, 2, 3, 4, 5])
        #expect(!queue.hasPurges)
        #expect(queue.takePurges(-1).isEmpty)
    }

    @Test func `a purge that was given back after its partition started over is dropped`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        let event = try Self.event()
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 7, event)])
        let taken = queue.takePurges(1)
        try queue.restart(0, at: 50, flush: event)
        queue.giveBack(taken)
        #expect(queue.takePurges(10).map(\.key.offset) == [49])
        #expect(try queue.message(taken[0].key) == nil)
        #expect(queue.completed(taken.map(\.key)).isEmpty)
        #expect(queue.progress().first?.applied == 0)
    }

    @Test func `an offset of before a restart is never taken for one of after`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        let event = try Self.event()
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 3, event)])
        let old = queue.takePurges(1).map(\.key)
        // The topic was made anew: its offsets begin at 0 again.
        try queue.restart(0, at: 0, flush: event, highWatermark: 9)
        let flush = queue.takePurges(1).map(\.key)
        #expect(flush.map(\.offset) == [-1])
        try queue.enqueue((0..<4).map { PurgeQueue.Arrival.purge(0, $0, event) })
        try complete(old, queue, database)
        #expect(queue.progress().first?.hasApplied(3) == false)
        #expect(try queue.message(QueueKey(partition: 0, epoch: 1, offset: 3)) != nil)
        #expect(queue.progress().first?.highWatermark == 9)
        try complete(flush, queue, database)
        #expect(queue.progress().first?.applied == 0)
    }

    @Test func `what was missed is not told as applied before the flush is done, also after a restart`() throws {
        let database = try TestDatabase.open(directory)
        var queue = try PurgeQueue(database: database, entriesMax: 1000)
        try queue.assigned(0, from: 0, highWatermark: 0)
        try queue.enqueue([
            PurgeQueue.Arrival.purge(0, 0, try Self.event()), PurgeQueue.Arrival.purge(0, 1, try Self.event()),
        ])
        try complete([try #require(queue.takePurges(1).first?.key)], queue, database)
        let flush = try queue.restart(0, at: 9, flush: try Self.event(), highWatermark: 12)
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 9, try Self.event())])
        for _ in 0..<2 {
            let progress = try #require(queue.progress().first)
            #expect((0..<10).allSatisfy { !progress.hasApplied($0) }, "\(progress)")
            #expect(progress.queued == 10)
            queue = try PurgeQueue(database: database, entriesMax: 1000)
        }
        let key = QueueKey(partition: 0, epoch: flush.epoch, offset: flush.offset)
        try complete([key], queue, database)
        let progress = try #require(queue.progress().first)
        #expect(progress.applied == 9 && !progress.hasApplied(9), "\(progress)")
        database.close()
    }

    @Test func `a message that comes twice is one purge, and the next offset never goes back`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        let event = try Self.event()
        try queue.enqueue((0..<4).map { PurgeQueue.Arrival.purge(0, $0, event) })
        try queue.enqueue([
            PurgeQueue.Arrival.purge(0, 1, event), PurgeQueue.Arrival.refused(0, 2),
            PurgeQueue.Arrival.purge(0, 4, event), PurgeQueue.Arrival.purge(0, 4, event),
        ])
        #expect(queue.takePurges(10).map(\.key.offset) == [0, 1, 2, 3, 4])
        #expect(queue.refused.isEmpty)
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 1, event)])
        database.close()
        let again = try TestDatabase.open(directory)
        #expect(try PurgeQueue(database: again, entriesMax: 100).nextOffset(0) == 5)
    }

    @Test func `what is old news depends on the end of the partition when it was assigned`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        func key(_ offset: Int64) -> QueueKey { QueueKey(partition: 0, epoch: 0, offset: offset) }
        #expect(queue.isLate(key(5)))
        #expect(!queue.isCaughtUp)
        try queue.assigned(0, from: 3, highWatermark: 5)
        #expect(queue.isLate(key(4)))
        #expect(!queue.isLate(key(5)))
        #expect(queue.nextOffset(0) == 3)
        #expect(!queue.isCaughtUp)
        let event = try Self.event()
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 3, event), PurgeQueue.Arrival.purge(0, 4, event)])
        #expect(!queue.isCaughtUp)
        try complete(queue.takePurges(10).map(\.key), queue, database)
        #expect(queue.isCaughtUp)
    }

    @Test func `markers at the end of a partition do not keep it from being caught up`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        try queue.assigned(0, from: 0, highWatermark: 3)
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 0, try Self.event())])
        try queue.reachedEnd(0, at: 3)
        #expect(!queue.isCaughtUp)
        try complete(queue.takePurges(10).map(\.key), queue, database)
        #expect(queue.isCaughtUp)
        #expect(queue.progress().first?.lag == 0)
        // Attack: retention dropped the markers too, and a restarted agent flushed, as if purges had been missed.
        #expect(try PurgeQueue(database: database, entriesMax: 100).nextOffset(0) == 3)
    }

    @Test func `progress is kept over a restart, and goes with the purge`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 3, try Self.event())])
        let key = queue.takePurges(1)[0].key
        #expect(try queue.progress(key) == PurgeProgress())
        var batch = Change()
        queue.note(PurgeProgress(removed: 7, bytes: 9000), of: key, into: &batch)
        try database.write(batch)
        database.close()
        let again = try TestDatabase.open(directory)
        let reopened = try PurgeQueue(database: again, entriesMax: 100)
        let taken = reopened.takePurges(1)
        #expect(taken.map(\.key) == [key])
        #expect(taken.first?.event == nil)
        #expect(try reopened.progress(key) == PurgeProgress(removed: 7, bytes: 9000))
        #expect(try reopened.message(key)?.decoded().zone == "z")
        try reopened.restart(0, at: 9, flush: try Self.event())
        #expect(try reopened.progress(key) == PurgeProgress())
    }

    @Test func `a full queue says so until half of it is done`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 4)
        let event = try Self.event()
        try queue.enqueue((0..<4).map { PurgeQueue.Arrival.purge(0, $0, event) })
        #expect(queue.pressure == (isFull: true, hasRoom: false))
        try complete([queue.takePurges(1)[0].key], queue, database)
        #expect(queue.pressure == (isFull: false, hasRoom: false))
        try complete([queue.takePurges(1)[0].key], queue, database)
        #expect(queue.pressure == (isFull: false, hasRoom: true))
    }

    @Test func `a flood of messages that are no purges neither fills the queue nor keeps purges waiting`() throws {
        // 130,000 bad messages filled the queue of version 0.1.0, and a purge behind them waited 80 s.
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 10)
        try queue.enqueue((0..<2000).map { PurgeQueue.Arrival.refused(0, $0) })
        #expect(queue.pressure == (isFull: false, hasRoom: true))
        #expect(queue.progress().first?.applied == 2000)
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 2000, try Self.event())])
        #expect(queue.takePurges(10).map(\.key.offset) == [2000])
        #expect(queue.refused.summary.count == 2000)
    }

    @Test func `events are kept in memory, and taken, by their bytes`() throws {
        // 160 events of 0.9 MB took 633 MB.
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        var event = try Self.event()
        event.reason = String(repeating: "x", count: 1 << 20)
        try queue.enqueue((0..<40).map { PurgeQueue.Arrival.purge(0, $0, event) })
        let first = queue.takePurges(100, bytes: FairShares(max: 8 << 20))
        #expect(first.count == 4)
        #expect(queue.takePurges(100, bytes: FairShares(max: 0)).isEmpty)
        #expect(queue.takePurges(100, bytes: FairShares(max: 2)).count == 1)
        queue.giveBack(first)
        let all = queue.takePurges(100)
        let bytes = all.reduce(0) { $0 + $1.bytesInMemory }
        #expect(bytes > 8 << 20 && bytes <= PurgeQueue.eventBytesInMemoryMax)
        // What was let go of in between makes room again.
        queue.giveBack(all)
        try queue.restart(0, at: 40, flush: try Self.event())
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 40, event)])
        #expect(queue.takePurges(100).allSatisfy { $0.event != nil })
    }

    @Test func `a failed write takes nothing in`() throws {
        let database = try TestDatabase.open(directory)
        let queue = try PurgeQueue(database: database, entriesMax: 4)
        database.close()
        let event = try Self.event()
        #expect(throws: RocksDBError.self) { try queue.enqueue([PurgeQueue.Arrival.purge(0, 0, event)]) }
        #expect(throws: RocksDBError.self) { try queue.restart(0, at: 5, flush: event) }
        #expect(queue.count == 0)
        #expect(queue.nextOffset(0) == nil)
        #expect(queue.progress().isEmpty)
    }

    @Test func `an order to an agent is done as soon as it is passed, and not kept`() throws {
        let state = try TemporaryDirectory()
        let database = try TestDatabase.open(state)
        defer { database.close() }
        let queue = try PurgeQueue(database: database, entriesMax: 100)
        try queue.assigned(0, from: 0, highWatermark: 0)
        var order = PurgeQueue.Arrival.purge(0, 1, try WorkerFixture.event(tag: "x"))
        order.content = .order(
            AgentOrder(
                id: try WorkerFixture.event(tag: "x").id, acceptedAt: SystemClock().now, action: .drain, agent: "a"))
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 0, try WorkerFixture.event(tag: "a")), order])
        #expect(queue.progress().first?.queued == 2)
        #expect(queue.progress().first?.hasApplied(1) == true)
        #expect(queue.progress().first?.hasApplied(0) == false)
        #expect(queue.count == 1)
        let again = try PurgeQueue(database: database, entriesMax: 100)
        #expect(again.nextOffset(0) == 2)
        #expect(again.progress().first?.hasApplied(1) == true)
        #expect(again.count == 1)
    }

    /// Attack: one zone sends a thousand purges, and a purge of one page of another zone waits behind them.
    @Test func `zones take turns, and one that has used up its share keeps no other waiting`() throws {
        let queue = try PurgeQueue(database: try TestDatabase.open(directory), entriesMax: 10_000)
        func event(_ zone: String) -> PurgeEvent {
            var event = WorkerFixture.event(Selectors(everything: true))
            event.zone = zone
            return event
        }
        try queue.enqueue((0..<1500).map { PurgeQueue.Arrival.purge(0, Int64($0), event("flood")) })
        try queue.enqueue((1500..<1502).map { PurgeQueue.Arrival.purge(0, Int64($0), event("quiet")) })
        let taken = queue.takePurges(3)
        #expect(taken.map(\.key.offset) == [0, 1500, 1])
        queue.giveBack(taken)
        var shares = FairShares(max: 100)
        while shares.room(of: "flood") > 0 { shares.take(1, for: "flood") }
        #expect(queue.takePurges(100, shares: shares).map(\.key.offset) == [1500, 1501])
        #expect(queue.takePurges(100, shares: shares).isEmpty && queue.hasPurges)
        #expect(queue.takePurges(.max).map(\.key.offset) == Array(0..<1500))
    }
}
