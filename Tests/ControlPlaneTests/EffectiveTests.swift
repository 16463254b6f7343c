import PurgeModel
import Testing

@testable import ControlPlane

/// Agents that are asked make a purge effective before they have applied it.
@Suite struct EffectiveTests {
    private func word(_ agent: String, _ applied: Int64, effective: Int64? = nil) -> Acknowledgement {
        Samples.acknowledgement(agent, applied: [0: applied], effective: effective.map { [0: $0] } ?? [:])
    }

    private func hear(_ word: Acknowledgement, at seconds: Double, _ state: inout CollectorState) {
        state.receive(word, now: Samples.instant(seconds))
    }

    private func purge(_ number: Int, at seconds: Double, _ state: inout CollectorState) throws {
        let event = try Samples.event(number, acceptedAt: Samples.instant(seconds).wall.milliseconds)
        let position = PurgePosition(partition: 0, offset: Int64(number - 1))
        state.receive(event, bytes: 1, at: position, now: Samples.instant(seconds))
    }

    @Test func `a purge is effective when each agent refuses what it names or has applied it, and confirmed later`()
        throws
    {
        var state = CollectorState.ready([word("a", 0, effective: 0), word("b", 0)])
        try purge(1, at: 1, &state)
        hear(word("a", 0, effective: 1), at: 2, &state)
        #expect(state.takeReached(.effective).isEmpty, "b is not asked, and has not applied it")
        let waiting = try #require(state.status(of: Samples.id(1), now: Samples.instant(2)))
        #expect(waiting.effective == false && waiting.agents == AgentCounts(expected: 2, effective: 1, pending: 2))
        #expect(waiting.byAgent?.map(\.effective) == [true, false])
        #expect(waiting.byAgent?.map(\.standing) == [.pending, .pending])

        hear(word("b", 1), at: 3, &state)
        #expect(state.takeReached(.effective) == [try Samples.id(1)])
        #expect(state.takeConfirmed().isEmpty)
        let effective = try #require(state.status(of: Samples.id(1), now: Samples.instant(3)))
        #expect(effective.effective == true && effective.state == .pending)
        #expect(effective.effectiveAt == Samples.instant(3).wall.description && effective.timeToEffectiveMs == 2000)
        #expect(effective.confirmedAt == nil)

        hear(word("a", 1, effective: 1), at: 9, &state)
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        #expect(state.takeReached(.effective).isEmpty)
        let confirmed = try #require(state.status(of: Samples.id(1), now: Samples.instant(9)))
        #expect(confirmed.timeToEffectiveMs == 2000 && confirmed.timeToConfirmedMs == 8000)
        #expect(confirmed.agents == AgentCounts(expected: 2, effective: 2, applied: 2))
    }

    @Test func `where nobody is asked a purge is effective when it is confirmed`() throws {
        var state = CollectorState.ready([word("a", 0)])
        try purge(1, at: 1, &state)
        hear(word("a", 1), at: 2, &state)
        #expect(state.takeReached(.effective) == [try Samples.id(1)])
        #expect(state.takeConfirmed() == [try Samples.id(1)])
        let status = try #require(state.status(of: Samples.id(1), now: Samples.instant(2)))
        #expect(status.effectiveAt == status.confirmedAt && status.timeToEffectiveMs == 1000)
    }

    @Test func `what was effective stays so when nobody asks any more, and later purges count by what is applied`()
        throws
    {
        var state = CollectorState.ready([word("a", 0)])
        hear(word("a", 0, effective: 1), at: 0, &state)
        try purge(1, at: 1, &state)
        #expect(state.takeReached(.effective) == [try Samples.id(1)])
        hear(word("a", 0), at: 2, &state)
        try purge(2, at: 2, &state)
        state.advance(to: Samples.instant(3))
        #expect(state.status(of: try Samples.id(1), now: Samples.instant(3))?.effective == true)
        #expect(state.takeReached(.effective).isEmpty)
        hear(word("a", 2), at: 4, &state)
        #expect(state.takeReached(.effective) == [try Samples.id(2)])
        #expect(state.takeConfirmed().count == 2)
    }

    @Test func `an agent that is silent is not relied on to be asked, until it speaks again`() throws {
        var state = CollectorState.ready([word("a", 0), word("b", 0)])
        hear(word("a", 0, effective: 1), at: 0, &state)
        try purge(1, at: 1, &state)
        for seconds in stride(from: 2.0, through: 12, by: 1) {
            hear(word("b", 0), at: seconds, &state)
            state.letTimePass(to: Samples.instant(seconds))
        }
        hear(word("b", 1), at: 12, &state)
        #expect(state.takeReached(.effective).isEmpty, "a may be gone, and its nginx serve without asking")
        #expect(state.status(of: try Samples.id(1), now: Samples.instant(12))?.agents.effective == 1)
        hear(word("a", 0, effective: 1), at: 13, &state)
        #expect(state.takeReached(.effective) == [try Samples.id(1)])
    }

    @Test func `what was said before the start counts when it is said again`() throws {
        var state = CollectorState.ready([word("a", 0, effective: 1)])
        try purge(1, at: 1, &state)
        #expect(state.takeReached(.effective).isEmpty, "nobody knows how old that word is")
        hear(word("a", 0, effective: 1), at: 1, &state)
        #expect(state.takeReached(.effective) == [try Samples.id(1)])
    }

    @Test func `no more is effective than is queued, and nothing of two processes with one name`() throws {
        var state = CollectorState.ready([word("a", 0)])
        var boastful = word("a", 0, effective: 1)
        boastful.partitions[0].queued = 0
        hear(boastful, at: 1, &state)
        try purge(1, at: 1, &state)
        boastful.partitions[0].effective = .max
        hear(boastful, at: 2, &state)
        boastful.partitions[0].effective = .min
        hear(boastful, at: 3, &state)
        var other = word("a", 0, effective: 1)
        other.instance = "i2"
        hear(other, at: 4, &state)
        #expect(state.takeReached(.effective).isEmpty)
    }

    @Test func `what an agent says of an earlier topic makes nothing effective`() throws {
        func word(_ fingerprint: UInt64) -> Acknowledgement {
            Samples.acknowledgement(
                "a", applied: [0: 0], effective: [0: 1], marks: [0: MessageMark(offset: 0, fingerprint: fingerprint)])
        }
        var state = CollectorState.ready([word(7)])
        hear(word(7), at: 0, &state)
        _ = state.foundMessage(MessageMark(offset: 0, fingerprint: 8), in: 0)
        try purge(1, at: 1, &state)
        #expect(state.takeReached(.effective).isEmpty)
        hear(word(8), at: 2, &state)
        #expect(state.takeReached(.effective) == [try Samples.id(1)])
    }

    @Test func `a machine that is retired is not waited for`() throws {
        var state = CollectorState.ready([word("a", 0), word("b", 0)])
        hear(word("a", 0, effective: 1), at: 0, &state)
        try purge(1, at: 1, &state)
        state.remove(agent: "b", now: Samples.instant(2))
        #expect(state.takeReached(.effective) == [try Samples.id(1)])
        #expect(state.takeConfirmed().isEmpty)
    }

    @Test func `the history keeps when a purge was effective, and it is not reached twice`() throws {
        var state = CollectorState.ready([word("a", 0)])
        hear(word("a", 0, effective: 1), at: 0, &state)
        try purge(1, at: 1, &state)
        var history = HistoryModel()
        history.take(state.takeChanges())
        var next = CollectorState(settings: state.settings)
        next.restore(history.restored, now: Samples.instant(20))
        next.purgesCaughtUp()
        hear(word("a", 0), at: 20, &next)
        next.acknowledgementsCaughtUp(at: Samples.instant(20))
        let status = try #require(next.status(of: Samples.id(1), now: Samples.instant(20)))
        #expect(status.effective == true && status.timeToEffectiveMs == 0)
        hear(word("a", 1), at: 21, &next)
        #expect(next.takeReached(.effective).isEmpty)
        #expect(next.takeConfirmed() == [try Samples.id(1)])
    }

    @Test func `where a purge stands is read as it was written, by an earlier version too`() throws {
        let (at, took) = (Timestamp(milliseconds: 5), Duration.milliseconds(3))
        let all: [ByMilestone<Reached?>] = [
            ByMilestone(each: nil), ByMilestone(effective: Reached(), confirmed: nil),
            ByMilestone(effective: Reached(at: at, took: took), confirmed: Reached(at: at, took: took * 2)),
        ]
        for reached in all {
            let status = HistoryStatus(
                acceptedAt: at, position: PurgePosition(partition: 1, offset: 2), bytes: 3, reached: reached,
                removedObjects: 4, removedBytes: 5, pieces: 6, pieceBytes: 7, topic: 8)
            let value = status.encoded
            #expect(try HistoryStatus(value).reached == reached)
            let effectiveBytes = reached.effective.map { $0.at == nil ? 1 : 4 } ?? 1
            let earlier = try HistoryStatus(value.dropLast(effectiveBytes))
            #expect(earlier.reached == ByMilestone(each: reached.confirmed) && earlier.topic == 8)
        }
    }
}
