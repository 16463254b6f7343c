import PurgeModel
import TestSupport
import Testing

@Suite struct OffsetTrackerTests {
    /// The macro does not take calls that change a value.
    private func expect(_ isChanged: Bool, _ wanted: Bool, at location: SourceLocation = #_sourceLocation) {
        #expect(isChanged == wanted, sourceLocation: location)
    }

    @Test func `offsets complete in any order`() {
        var tracker = OffsetTracker(next: 10)
        for offset in Int64(10)...15 { expect(tracker.enqueue(offset), true) }
        #expect(tracker.applied == 10)
        expect(tracker.complete(12), true)
        expect(tracker.complete(14), true)
        #expect(tracker.appliedRanges == [12...12, 14...14])
        expect(tracker.complete(13), true)
        #expect(tracker.appliedRanges == [12...14])
        expect(tracker.complete(10), true)
        #expect(tracker.applied == 11)
        expect(tracker.complete(11), true)
        #expect(tracker.applied == 15)
        #expect(tracker.appliedRanges.isEmpty)
        #expect(tracker.pendingCount == 1)
        expect(tracker.complete(15), true)
        #expect(tracker.applied == 16)
        #expect(tracker.next == 16)
    }

    @Test func `a gap never blocks`() {
        var tracker = OffsetTracker(next: 0)
        tracker.enqueue(5)
        #expect(tracker.applied == 5)
        tracker.enqueue(9)
        #expect(tracker.appliedRanges == [6...8])
        tracker.complete(5)
        #expect(tracker.applied == 9)
        tracker.skip(to: 20)
        #expect(tracker.appliedRanges == [10...19])
        tracker.complete(9)
        #expect(tracker.applied == 20)
        tracker.skip(to: 30)
        #expect(tracker.applied == 30)
    }

    @Test func `what is repeated, unknown or absurd changes nothing`() {
        var tracker = OffsetTracker(next: 3)
        tracker.enqueue(3)
        let before = tracker
        expect(tracker.enqueue(3), false)
        expect(tracker.enqueue(-1), false)
        expect(tracker.enqueue(.max), false)
        expect(tracker.enqueue(.min), false)
        expect(tracker.complete(2), false)
        expect(tracker.complete(4), false)
        expect(tracker.complete(.max), false)
        expect(tracker.complete(.min), false)
        tracker.skip(to: 1)
        #expect(tracker == before)
        expect(tracker.complete(3), true)
        expect(tracker.complete(3), false)
        #expect(OffsetTracker(next: .min).next == -1)
    }

    @Test func `it begins again where a queue left off`() {
        let tracker = OffsetTracker(next: 10, pending: [3, 4, 7])
        #expect(tracker.applied == 3)
        #expect(tracker.next == 10)
        #expect(tracker.pendingCount == 3)
        #expect(tracker.appliedRanges == [5...6, 8...9])
        #expect(OffsetTracker(next: 10, pending: []) == OffsetTracker(next: 10))
    }

    @Test func `the newest ranges are told when there are too many`() {
        var tracker = OffsetTracker(next: 0)
        for offset in Int64(0)..<1000 { tracker.enqueue(offset) }
        for offset in stride(from: Int64(1), to: 1000, by: 2) { tracker.complete(offset) }
        let ranges = tracker.appliedRanges
        #expect(ranges.count == Limits.appliedRangesMax)
        #expect(ranges.last == 999...999)
        #expect(tracker.isPending(998))
        #expect(!tracker.isPending(1))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `it agrees with a naive model`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<50 {
            var tracker = OffsetTracker(next: Int64.random(in: -1...3, using: &generator))
            var model = NaiveTracker(next: tracker.next)
            for step in 0..<200 {
                let offset = max(-1, model.next + Int64.random(in: -12...3, using: &generator))
                switch Int.random(in: 0..<8, using: &generator) {
                case 0...2:
                    let outcomes = (tracker.enqueue(offset), model.enqueue(offset))
                    check(outcomes.0 == outcomes.1, "seed \(seed) round \(round) step \(step)")
                case 3...6:
                    let outcomes = (tracker.complete(offset), model.pending.remove(offset) != nil)
                    check(outcomes.0 == outcomes.1, "seed \(seed) round \(round) step \(step)")
                default:
                    tracker.skip(to: offset)
                    model.next = max(model.next, offset)
                }
                func place() -> String { "seed \(seed) round \(round) step \(step)" }
                check(tracker.next == model.next, place())
                check(tracker.applied == model.applied, place())
                check(tracker.pendingCount == model.pending.count, place())
                check(tracker.appliedRanges == model.appliedRanges, place())
                check(
                    (model.applied - 1...model.next).allSatisfy { tracker.isPending($0) == model.pending.contains($0) },
                    place())
                let progress = PartitionProgress(
                    partition: 0, queued: tracker.next, applied: tracker.applied, appliedRanges: tracker.appliedRanges,
                    highWatermark: tracker.next)
                let agrees = (model.applied - 1...model.next).allSatisfy { offset in
                    progress.hasApplied(offset) == (offset < model.next && !model.pending.contains(offset))
                }
                check(agrees, place())
                check(OffsetTracker(next: model.next, pending: model.pending.sorted()) == tracker, place())
            }
        }
    }
}

/// What the tracker must know, as a set.
private struct NaiveTracker {
    var next: Int64
    var pending: Set<Int64> = []

    init(next: Int64) {
        self.next = next
    }

    mutating func enqueue(_ offset: Int64) -> Bool {
        guard offset >= next else { return false }
        pending.insert(offset)
        next = offset + 1
        return true
    }

    var applied: Int64 { pending.min() ?? next }

    var appliedRanges: [ClosedRange<Int64>] {
        var ranges: [ClosedRange<Int64>] = []
        for offset in applied..<next where !pending.contains(offset) {
            if let last = ranges.last, last.upperBound == offset - 1 {
                ranges[ranges.count - 1] = last.lowerBound...offset
            } else {
                ranges.append(offset...offset)
            }
        }
        return ranges
    }
}
