import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct RefusedMessagesTests {
    private let directory: TemporaryDirectory
    private let error = PurgeEventError(.invalidJSON, "Not valid JSON.")
    private let start = ContinuousClock.now

    init() throws { directory = try TemporaryDirectory() }

    private func key(_ offset: Int64, partition: Int32 = 0, epoch: UInt32 = 0) -> QueueKey {
        QueueKey(partition: partition, epoch: epoch, offset: offset)
    }

    private func put(
        _ offsets: some Sequence<Int64>, bytes: Int = 8, in refused: RefusedMessages, _ database: AgentDatabase
    ) throws {
        let message = QueuedMessage(value: [UInt8](repeating: 1, count: bytes))
        try database.write { change in
            for offset in offsets { refused.put(key(offset), message, error, now: start, into: &change) }
        }
    }

    private func due(_ refused: RefusedMessages, after: Duration = .zero, count: Int = 10_000) throws -> [Letter] {
        try refused.due(start + after, turn: { _ in .zero }, count: count, bytes: .max).map(\.letter)
    }

    @Test func `what is refused is kept over a restart, until it is settled`() throws {
        let database = try TestDatabase.open(directory)
        defer { database.close() }
        let refused = try RefusedMessages(database, now: start)
        try put(0..<3, in: refused, database)
        let again = try RefusedMessages(database, now: start)
        #expect(again.summary == refused.summary && again.summary.count == 3)
        #expect(try due(again).map(\.about.offset) == [0, 1, 2])
        #expect(try due(again, count: 2).count == 2)
        try again.settle([key(0), key(2)])
        #expect(try due(try RefusedMessages(database, now: start)).map(\.about.offset) == [1])
        try again.settle([key(1)])
        #expect(again.isEmpty && again.summary == RefusedMessages.Summary())
        #expect(try TestDatabase.count("refused", database) == 0)
    }

    @Test func `the same message again, as after a failed write, is one letter`() throws {
        let database = try TestDatabase.open(directory)
        defer { database.close() }
        let refused = try RefusedMessages(database, now: start)
        try put([5], in: refused, database)
        let before = refused.summary
        try put([5], in: refused, database)
        #expect(refused.summary == before)
    }

    @Test func `a letter that is not written yet is not sent`() throws {
        let database = try TestDatabase.open(directory)
        defer { database.close() }
        let refused = try RefusedMessages(database, now: start)
        var change = Change()
        refused.put(key(1), QueuedMessage(value: [1]), error, now: start, into: &change)
        #expect(try due(refused).isEmpty)
        try database.write(change)
        #expect(try due(refused).count == 1)
    }

    @Test func `beyond the bounds reasons and places are kept, then only ranges, and bytes stay bounded`() throws {
        let database = try TestDatabase.open(directory)
        defer { database.close() }
        let bounds = RefusedMessages.Bounds(whole: 50_000, all: 100_000)
        var refused = try RefusedMessages(database, bounds: bounds, now: start)
        for first in stride(from: Int64(0), to: 1000, by: 50) {
            try put(first..<first + 50, bytes: 2000, in: refused, database)
        }
        for _ in 0..<2 {
            #expect(refused.summary.bytes < 103_000)
            let letters = try due(refused)
            let whole = letters.prefix { $0.about.lost.isNothing }
            #expect(whole.count > 10 && whole.allSatisfy { $0.message.value?.count == 2000 })
            let places = letters.dropFirst(whole.count).filter { $0.about.lost.messages == nil }
            #expect(places.count > 50)
            #expect(places.allSatisfy { $0.message.value == nil && $0.about.lost.valueBytes == 2000 })
            #expect(places.allSatisfy { $0.about.reason == "invalid_json" && $0.about.fingerprint != nil })
            let run = try #require(letters.last)
            #expect(run.about.reason == "not_kept")
            // Every message is in one of them.
            #expect(run.about.offset == Int64(whole.count + places.count))
            #expect(run.about.lost.messages == 1000 - whole.count - places.count)
            refused = try RefusedMessages(database, bounds: bounds, now: start)
        }
        // One that is on its way grows no more: what comes next begins another one.
        _ = try due(refused)
        try put([1000], bytes: 2000, in: refused, database)
        #expect(try due(refused).suffix(2).map(\.about.lost.messages).last == 1)
    }

    @Test func `somebody's letter counts only for the very message`() throws {
        let database = try TestDatabase.open(directory)
        defer { database.close() }
        let refused = try RefusedMessages(database, now: start)
        try database.write { change in
            refused.put(key(7, epoch: 2), QueuedMessage(key: [1], value: [2]), error, now: start, into: &change)
        }
        let fingerprint = DeadLetter.fingerprint(key: [1], value: [2])
        #expect(refused.key(of: LetterPlace(partition: 0, offset: 7, fingerprint: fingerprint)) == key(7, epoch: 2))
        // The topic was made anew: another message stood there.
        let other = DeadLetter.fingerprint(key: [1, 2], value: nil)
        #expect(refused.key(of: LetterPlace(partition: 0, offset: 7, fingerprint: other)) == nil)
        #expect(refused.key(of: LetterPlace(partition: 1, offset: 7, fingerprint: fingerprint)) == nil)
        #expect(refused.key(of: LetterPlace(partition: 0, offset: 8, fingerprint: fingerprint)) == nil)
    }

    @Test func `a block waits for its turn, and begins anew when Kafka took nothing`() throws {
        let database = try TestDatabase.open(directory)
        defer { database.close() }
        let refused = try RefusedMessages(database, now: start)
        try put([1, 1001], in: refused, database)
        let turn = { (block: RefusedMessages.Block) in block.number == 0 ? Duration.seconds(2) : .seconds(1) }
        func offsets(_ after: Duration) throws -> [Int64] {
            try refused.due(start + after, turn: turn, count: 10, bytes: .max).map(\.letter.about.offset)
        }
        #expect(refused.patience(start, turn: turn) == .seconds(1))
        #expect(try offsets(.milliseconds(999)).isEmpty)
        #expect(try offsets(.seconds(1)) == [1001])
        #expect(try offsets(.seconds(2)) == [1001, 1])
        refused.postpone(start + .seconds(5))
        #expect(try offsets(.milliseconds(5999)).isEmpty)
        #expect(refused.patience(start + .seconds(9), turn: turn) == .zero)
    }

    @Test func `of many agents few are early`() {
        for count in [1, 3, 30, 300, 3000] {
            let blocks = (0..<20).map { RefusedMessages.Block(key(Int64($0) * 1000)) }
            var early = 0
            for block in blocks {
                let turns = (0..<count).map { LetterTurns(agent: "edge-\($0).example").turn(block) }.sorted()
                #expect(turns.allSatisfy { $0 >= .milliseconds(300) && $0 <= .milliseconds(2300) })
                // Who has its turn before the letters of the first one can be seen, 100 ms later.
                early += turns.count { $0 < turns[0] + .milliseconds(100) }
            }
            #expect(early <= 6 * blocks.count, "\(early) letters for \(blocks.count) blocks of \(count) agents")
        }
    }
}
