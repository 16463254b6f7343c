import Foundation

/// What a torture found.
struct TortureReport: CustomStringConvertible {
    /// A read of an old version, and why it could be.
    enum Cause {
        /// A fill that had begun before the purge landed this long before the read began: nginx serves it until the
        /// agent has reacted.
        case gap(Duration)
        /// The same while the cache's agent was stopped, or killed and the fence not set yet.
        case agentDown(Duration)
        /// Nothing explains it.
        case none
    }

    /// A read that begins later than this after a late fill has landed is no gap.
    private static let gapLimit = Duration.seconds(1)
    /// The same where nginx is slow to write: a mark that a 304 has taken back is found when deleted objects are looked
    /// at, after a quarter of a second or after two.
    private static let slowGapLimit = Duration.seconds(3)

    let plan: TorturePlan
    let state: TortureLedger.State
    let metrics: TortureMetrics
    private(set) var gaps: [Duration] = []
    private(set) var whileDown: [Duration] = []
    private(set) var stale: [String] = []

    init(plan: TorturePlan, state: TortureLedger.State, metrics: TortureMetrics) {
        self.plan = plan
        self.metrics = metrics
        self.state = state
        for read in state.stale {
            switch cause(of: read) {
            case .gap(let duration): gaps.append(duration)
            case .agentDown(let duration): whileDown.append(duration)
            case .none:
                let landed = landing(of: read).map { "landed \($0.duration(to: read.begin)) before" } ?? "never landed"
                let copy = read.copy
                stale.append(
                    "\(copy.cache) \(copy.path) version \(copy.version), not \(read.floor), \(read.status), \(landed)")
            }
        }
        gaps.sort()
        whileDown.sort()
    }

    /// When the copy that was read came into the cache, last before the read ended.
    private func landing(of read: TortureLedger.StaleRead) -> ContinuousClock.Instant? {
        state.fills[read.copy]?.filter { $0 <= read.end }.max()
    }

    private func cause(of read: TortureLedger.StaleRead) -> Cause {
        // A read that came from the origin itself is never excused; what comes from a shield is as old as that has it.
        guard plan.hasTiers || read.status == "HIT" || read.status == "REVALIDATED" else { return .none }
        // Where nginx asks as long as guards stand nothing is, but for variants and slices: one that has just landed is
        // not found through another.
        if plan.ask == "guard", !read.copy.path.hasPrefix("/vary/"), !read.copy.path.hasPrefix("/slice/") {
            return .none
        }
        // Nobody was told of the landing before the read ended: it landed meanwhile.
        let landed = landing(of: read) ?? read.begin
        let gap = max(.zero, landed.duration(to: read.begin))
        let limit = gapLimit(read, landed)
        // The agent could do something about it from here on.
        var noticed = landed
        for absence in absences(read.copy.cache) {
            guard absence.begin <= noticed + limit, (absence.end ?? .now) >= noticed else { continue }
            guard let end = absence.end, read.begin > end else {
                return absence.begin <= read.begin ? .agentDown(gap) : .gap(gap)
            }
            // After a fence nothing old may be left; an agent that stood still has to catch up first.
            if !absence.isFenced { noticed = end }
        }
        return noticed.duration(to: read.begin) <= limit ? .gap(gap) : .none
    }

    /// When the agent of a cache was down, or one of those that it fills from.
    private func absences(_ cache: String) -> [TortureLedger.Absence] {
        let shields =
            plan.hasTiers && cache.hasPrefix("edge") ? state.absences.keys.filter { $0.hasPrefix("shield") } : []
        return ([cache] + shields).flatMap { state.absences[$0] ?? [] }.sorted { $0.begin < $1.begin }
    }

    private func gapLimit(_ read: TortureLedger.StaleRead, _ landed: ContinuousClock.Instant) -> Duration {
        let times = state.slow[read.copy.cache] ?? []
        return times.contains { $0.lowerBound <= read.begin && landed <= $0.upperBound + Self.gapLimit }
            ? Self.slowGapLimit : Self.gapLimit
    }

    /// The gap that 99 of 100 reads were not beyond.
    var gap99: Duration { gaps.isEmpty ? .zero : gaps[min(gaps.count - 1, gaps.count * 99 / 100)] }

    /// Whether the promises were kept.
    var isGood: Bool { stale.isEmpty && state.overPurged.isEmpty && state.unconfirmed.isEmpty }

    var description: String {
        let confirmations = state.confirmations.sorted()
        let purges = state.purges.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let faults = state.faults.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let middle = confirmations.isEmpty ? Duration.zero : confirmations[confirmations.count / 2]
        return """
            torture: SEED=\(plan.seed) DURATION=\(plan.duration.components.seconds)
              environment        \(TorturePlan.caches) caches\(plan.hasTiers ? ", two shields" : ""), fence \
              \(plan.fenceMode), guard \(plan.guardWindow ?? "on"), nginx asks: \(plan.ask ?? "never"), reclaim: \
              \(plan.reclaim)
              purges confirmed   \(confirmations.count): \(purges)
              confirmation       median \(Self.text(middle)), slowest \(Self.text(confirmations.last ?? .zero))
              not confirmed      \(state.unconfirmed.count)
              reads checked      \(state.reads), \(state.bypassed) of them past a fenced cache, \(state.failedReads) \
              broken
              stale reads        \(stale.count)
              in nginx's gap     \(gaps.count), p99 \(Self.text(gap99)), longest \(Self.text(gaps.last ?? .zero))
              late, agent down   \(whileDown.count), longest \(Self.text(whileDown.last ?? .zero))
              late fills, old    \(Self.text(metrics.all.old))
                in service       \(Self.text(metrics.inService.old))
              unproven           \(Self.text(metrics.all.unproven))
              over-purged        \(state.overPurged.count)
              faults             \(state.faults.values.reduce(0, +)): \(faults)
            \((stale + state.overPurged + state.unconfirmed).prefix(20).map { "    \($0)\n" }.joined())
            """
    }

    /// The agents count in buckets.
    private static func text(_ counts: TortureMetrics.Counts) -> String {
        let times = [("p50", 0.5), ("p99", 0.99)].map { name, quantile in
            "\(name) at most \(counts.time(quantile).map(Self.text) ?? "more than a minute")"
        }
        return "\(counts.total), visible: \(times.joined(separator: ", "))"
    }

    private static func text(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        return "\(milliseconds) ms"
    }
}
