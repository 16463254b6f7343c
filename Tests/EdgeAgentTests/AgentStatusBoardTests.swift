import PurgeModel
import Testing

@testable import EdgeAgent

/// What an acknowledgement tells of single purges.
@Suite struct AgentStatusBoardTests {
    private func purge(_ offset: Int64) -> RecentPurge {
        RecentPurge(
            partition: .max, offset: .max - offset, removed: 99_999_999_999, bytes: 99_999_999_999_999,
            appliedAt: Timestamp(milliseconds: 253_402_300_799_999), took: .seconds(Int64(9_000_000_000)),
            near: "https://h.test/" + String(repeating: "n", count: Neighbour.bytesMax - 15))
    }

    /// Attack D31: with 8,190 purges untold an acknowledgement was larger than Kafka takes, and was tried for ever.
    @Test func `purges that wait to be told are told in portions, each once, the oldest first`() {
        let board = AgentStatusBoard {}
        board.applied((0..<4000).map { purge($0) })
        var told: [Int64] = []
        for _ in 0..<4 {
            let summary = board.summary(purgesMax: AgentReporter.purgesMax)
            let word = Acknowledgement(
                agent: "a", instance: "i", sentAt: Timestamp(milliseconds: 0), software: "s", cache: "c", status: .live,
                fence: .off, fenceAfter: .zero, counts: summary.counts, recent: Array(summary.recent))
            #expect(AcknowledgementCodec.encode(word).count < 500_000)
            told += summary.recent.map { .max - $0.offset }
            board.told(purges: summary.toldTo)
        }
        #expect(told == Array(0..<4000))
        let rest = board.summary(purgesMax: AgentReporter.purgesMax)
        #expect(rest.recent.map { .max - $0.offset } == Array(3984..<4000), "some are repeated")
        #expect(rest.toldTo == 4000)
    }

    @Test func `what was dropped for want of room holds nothing up`() {
        let board = AgentStatusBoard {}
        board.applied((0..<9000).map { purge($0) })
        var rounds = 0
        while board.summary(purgesMax: 100).toldTo < 9000, rounds < 100 {
            board.told(purges: board.summary(purgesMax: 100).toldTo)
            rounds += 1
        }
        #expect(board.summary(purgesMax: 100).toldTo == 9000)
        #expect(board.summary(purgesMax: 0).recent.isEmpty)
    }
}
