import PurgeModel
import Testing

@Suite struct ConfirmationRuleTests {
    private static let lease = Duration.seconds(10)
    private static let margin = Duration.seconds(2)

    private static func progress(
        applied: Int64, ranges: [ClosedRange<Int64>] = [], effective: Int64? = nil, queued: Int64 = 9,
        partition: Int32 = 1
    ) -> PartitionProgress {
        PartitionProgress(
            partition: partition, queued: queued, applied: applied, appliedRanges: ranges, effective: effective,
            highWatermark: 9)
    }

    /// Every agent that can be, as far as the rule can tell: about offset 5 of partition 1.
    private static let all: [AgentView] = {
        var views: [AgentView] = []
        let progresses: [PartitionProgress?] = [
            nil, progress(applied: 5), progress(applied: 6), progress(applied: 2, ranges: [4...5]),
            progress(applied: 2, ranges: [6...7]),
            progress(applied: 6, partition: 2), progress(applied: 2, effective: 6), progress(applied: 2, effective: 5),
            progress(applied: 2, effective: 9, queued: 5), progress(applied: 6, effective: 0),
            progress(applied: 2, effective: 9, partition: 2),
        ]
        // Before, at and after the lease, and the lease with its margin.
        let silences: [Duration] = [.zero, .seconds(10), .milliseconds(10_001), .seconds(12), .milliseconds(12_001)]
        for progress in progresses {
            for silence in silences {
                for fence in FenceMode.allCases {
                    for flags in 0..<4 {
                        views.append(
                            AgentView(
                                agent: "a\(views.count)", silence: silence, fence: fence, fenceAfter: lease,
                                progress: progress,
                                isConflicted: flags & 1 != 0, hasLeft: flags & 2 != 0))
                    }
                }
            }
        }
        return views
    }()

    private func evaluate(_ agents: [AgentView]) -> PurgeModel.Confirmation {
        ConfirmationRule.evaluate(partition: 1, offset: 5, agents: agents, margin: Self.margin)
    }

    /// The promise, said without the rule: no agent that is still expected can serve what the purge named.
    private func cannotServe(_ view: AgentView) -> Bool {
        if view.isConflicted { return false }
        if let progress = view.progress, progress.partition == 1 {
            if progress.applied > 5 || progress.appliedRanges.contains(where: { $0.contains(5) }) { return true }
        }
        return view.fence == .cutOff && view.silence > .seconds(12)
    }

    @Test func `one agent, every state`() {
        for view in Self.all {
            let confirmation = evaluate([view])
            #expect(confirmation.isConfirmed == (!view.hasLeft && cannotServe(view)), "\(view)")
            #expect(confirmation.standings.count == (view.hasLeft ? 0 : 1))
            guard let standing = confirmation.standings[view.agent] else { continue }
            #expect((standing == .conflicted) == view.isConflicted, "\(view)")
            #expect(standing.isDone == cannotServe(view), "\(view)")
            if standing == .missing { #expect(view.fence != .cutOff && view.silence > Self.lease, "\(view)") }
            if standing == .safe {
                #expect(view.fence == .cutOff && view.silence > Self.lease + Self.margin, "\(view)")
            }
        }
    }

    /// Effective, said without the rule: it cannot serve what was named, or refuses it whenever it is asked.
    private func doesNotServe(_ view: AgentView) -> Bool {
        guard !cannotServe(view), !view.isConflicted, view.silence <= Self.lease else { return cannotServe(view) }
        guard let progress = view.progress, progress.partition == 1, let effective = progress.effective else {
            return false
        }
        return effective > 5 && progress.queued > 5
    }

    private func isEffective(_ agents: [AgentView]) -> Bool {
        ConfirmationRule.isEffective(partition: 1, offset: 5, agents: agents, margin: Self.margin)
    }

    @Test func `a purge is effective when nobody who is expected serves what it names`() {
        let done = AgentView(
            agent: "x", silence: .zero, fence: .off, fenceAfter: Self.lease, progress: Self.progress(applied: 6))
        var refusing = done
        (refusing.agent, refusing.progress) = ("y", Self.progress(applied: 0, effective: 9))
        for view in Self.all {
            #expect(isEffective([view]) == (!view.hasLeft && doesNotServe(view)), "\(view)")
            #expect(isEffective([done, view, refusing]) == (view.hasLeft || doesNotServe(view)), "\(view)")
            #expect(isEffective([view]) || !evaluate([view]).isConfirmed, "\(view)")
        }
        #expect(!isEffective([]) && !isEffective([refusing, refusing]))
    }

    @Test func `two agents, every pair of states`() {
        for first in Self.all {
            for second in Self.all where second.agent != first.agent {
                let expected = [first, second].filter { !$0.hasLeft }
                let isConfirmed = evaluate([first, second]).isConfirmed
                let isTrue = !expected.isEmpty && expected.allSatisfy(cannotServe)
                check(isConfirmed == isTrue, "\(first) with \(second) gave \(isConfirmed)")
            }
        }
    }

    @Test func `three agents, all done but one state`() {
        let done = AgentView(
            agent: "x", silence: .zero, fence: .off, fenceAfter: Self.lease, progress: Self.progress(applied: 6))
        var other = done
        other.agent = "y"
        for view in Self.all {
            #expect(evaluate([done, view, other]).isConfirmed == (view.hasLeft || cannotServe(view)), "\(view)")
        }
    }

    @Test func `nobody expected confirms nothing`() {
        #expect(!evaluate([]).isConfirmed)
        var left = AgentView(
            agent: "x", silence: .zero, fence: .off, fenceAfter: Self.lease, progress: Self.progress(applied: 6))
        left.hasLeft = true
        #expect(!evaluate([left]).isConfirmed)
    }

    @Test func `one id twice is a conflict`() {
        let view = AgentView(
            agent: "x", silence: .zero, fence: .off, fenceAfter: Self.lease, progress: Self.progress(applied: 6))
        #expect(evaluate([view, view]).standings == ["x": .conflicted])
        #expect(evaluate([view, view, view]).standings == ["x": .conflicted])
    }

    @Test func `a negative margin shortens no lease`() {
        let view = AgentView(agent: "x", silence: .seconds(9), fence: .cutOff, fenceAfter: Self.lease, progress: nil)
        let confirmation = ConfirmationRule.evaluate(partition: 1, offset: 5, agents: [view], margin: .seconds(-5))
        #expect(confirmation.standings == ["x": .pending])
    }

    @Test func `once confirmed, more silence and more progress keep it confirmed`() {
        for view in Self.all where evaluate([view]).isConfirmed {
            var later = view
            later.silence += .seconds(100)
            later.progress?.applied += 100
            #expect(evaluate([later]).isConfirmed, "\(view)")
        }
    }
}
