import PurgeModel
import Testing

@testable import ControlPlane

@Suite struct InstanceTrackerTests {
    /// Feeds words of instances, each `step` seconds after the last, on both clocks or on the agent's only.
    private func standings(
        of words: String, step: Double = 1, arrivesAtOnce: Bool = false
    ) -> [InstanceTracker.Standing] {
        var tracker: InstanceTracker?
        var result: [InstanceTracker.Standing] = []
        for (index, word) in words.enumerated() {
            let seconds = Double(index) * step
            let sentAt = Timestamp(milliseconds: Int64(seconds * 1000))
            let heardAt: Duration = arrivesAtOnce ? .zero : .seconds(seconds)
            let instance = String(word)
            if tracker == nil {
                tracker = InstanceTracker(instance: instance, sentAt: sentAt, heardAt: heardAt)
            } else {
                tracker?.hear(
                    instance: instance, sentAt: sentAt, heardAt: heardAt, currentHasEnded: false, window: .seconds(3))
            }
            if let tracker { result.append(tracker.standing) }
        }
        return result
    }

    @Test func `one instance is believed at once`() {
        #expect(standings(of: "AAA") == [.settled, .settled, .settled])
    }

    @Test func `a restart is believed when the old instance has been silent for the window`() {
        #expect(standings(of: "ABBBBB") == [.settled, .takingOver, .takingOver, .takingOver, .settled, .settled])
    }

    @Test func `an older instance that speaks again is a conflict`() {
        #expect(standings(of: "ABA").last == .conflicted)
        #expect(standings(of: "AABABABAB").suffix(6).allSatisfy { $0 == .conflicted })
    }

    @Test func `a conflict ends when one of the two has fallen silent`() {
        #expect(standings(of: "ABABBBB").last == .settled)
        #expect(standings(of: "ABABB").last == .conflicted)
    }

    @Test func `a new instance does not end a conflict early`() {
        #expect(standings(of: "ABAC").last == .conflicted)
        #expect(standings(of: "ABACCCC").last == .settled)
    }

    @Test func `an hour that is read in a moment is judged by the clock of the agent`() {
        #expect(standings(of: "ABBBB", arrivesAtOnce: true).last == .settled)
        #expect(standings(of: "ABBB", arrivesAtOnce: true).last == .takingOver)
        #expect(standings(of: "ABA", step: 3600, arrivesAtOnce: true).last == .conflicted)
    }

    @Test func `an instance that said it is leaving is followed at once`() {
        var tracker = InstanceTracker(instance: "A", sentAt: Timestamp(milliseconds: 0), heardAt: .zero)
        tracker.hear(
            instance: "B", sentAt: Timestamp(milliseconds: 10), heardAt: .zero, currentHasEnded: true,
            window: .seconds(3))
        #expect(tracker.standing == .settled)
        tracker.hear(
            instance: "A", sentAt: Timestamp(milliseconds: 20), heardAt: .zero, currentHasEnded: false,
            window: .seconds(3))
        #expect(tracker.standing == .conflicted)
    }
}
