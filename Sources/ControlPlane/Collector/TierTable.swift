import PurgeModel

/// How far each tier has got that others fill from: what is told of it on `purge.tiers`.
///
/// What was told once stays so while the topic is the same, as a purge stays confirmed. Who stands in the way is
/// ``Members``' to say, by the rule that confirms purges.
struct TierTable: Sendable {
    /// How far a tier has got in one partition.
    private struct Progress {
        /// The number of the topic that this is about.
        let topic: Int64
        var told = Coverage()
        /// The member that stood in the way when that was last looked at; it most often still does.
        var blocker: Int?
    }

    /// Who is in which tier.
    private(set) var layout = TierLayout()
    /// Which state of the members ``layout`` shows.
    private var layoutVersion = 0
    private var progress: [String: [Int32: Progress]] = [:]
    private var reading: [Int32: ReadLog] = [:]
    /// Whether something has happened by which more may have to be told.
    private(set) var isDue = false
    /// Why what there is to tell cannot be written, for people; nil when nothing stands in the way.
    private(set) var trouble: String?

    /// Whether any cache fills from a tier.
    var isUsed: Bool { !layout.sources.isEmpty }

    /// Whether purges need not wait for a tier at a position any more.
    func hasApplied(_ position: PurgePosition, in tier: String) -> Bool {
        progress[tier]?[position.partition]?.told.contains(position.offset) ?? false
    }

    /// The tier above that an agent has to wait for with a purge; nil where it waits for none.
    func awaited(by agent: AgentRecord, at position: PurgePosition) -> String? {
        guard let above = agent.acknowledgement.tier?.above, layout.problems[above] == nil,
            !hasApplied(position, in: above)
        else { return nil }
        return above
    }

    /// Messages that were read and that a tier still holds up, over all partitions; an upper bound.
    func lag(of tier: String, _ events: EventsProgress) -> Int64 {
        events.known.reduce(0) { sum, partition in
            sum + max(0, events.readTo(partition) - (progress[tier]?[partition]?.told.applied ?? 0))
        }
    }

    // MARK: What happens

    /// An agent has spoken.
    /// - Parameter isNews: whether something else of what it has told counts by that.
    mutating func heard(_ agent: Int, isNews: Bool, _ members: Members) {
        if members.tierChanges != layoutVersion { isDue = true }
        guard isNews, isUsed, let tier = layout.tier(of: agent), layout.sources.contains(tier) else { return }
        isDue = true
    }

    /// More of `purge.events` was read.
    mutating func hasRead() { isDue = isDue || isUsed }

    /// Time has passed.
    mutating func advance(_ events: EventsProgress, _ members: Members, at now: CollectorInstant) {
        if members.tierChanges != layoutVersion { isDue = true }
        guard isUsed else { return }
        for partition in events.known {
            reading[partition, default: ReadLog()].note(
                events.readTo(partition), of: events.topic(of: partition), at: now.monotonic)
        }
        isDue = true
    }

    /// What there was to tell was written, or could not be.
    mutating func written(trouble: String?) { self.trouble = trouble }

    /// Finds out what there is to tell now.
    /// - Parameter isHeld: whether nothing new may be told: it is not known who has to apply a purge.
    mutating func look(_ members: Members, _ events: EventsProgress, isHeld: Bool, at now: CollectorInstant) {
        isDue = false
        if layoutVersion != members.tierChanges {
            (layout, layoutVersion) = (TierLayout(members), members.tierChanges)
            let sources = Set(layout.sources)
            progress = progress.filter { sources.contains($0.key) }
        }
        for tier in layout.sources {
            for partition in events.known {
                let topic = events.topic(of: partition)
                var next = Progress(topic: topic)
                if let before = progress[tier]?[partition], before.topic == topic { next = before }
                if !isHeld { lookFurther(&next, at: tier, in: partition, members, events, now: now) }
                progress[tier, default: [:]][partition] = next
            }
        }
    }

    /// What there is to tell of each tier, by name.
    func words(_ members: Members, _ events: EventsProgress, at now: CollectorInstant) -> [TierWord] {
        layout.sources.map { tier in
            TierWord(
                tier: tier, sentAt: now.wall,
                members: layout.members(of: tier).count { !members.all[$0].isDrained },
                guardTime: layout.guardTime(of: tier),
                lateFills: layout.members(of: tier).reduce(0) {
                    $0 &+ members.all[$1].acknowledgement.counts.guardRemoved
                }, problem: layout.problems[tier],
                partitions: (progress[tier] ?? [:]).sorted { $0.key < $1.key }.map { partition, progress in
                    TierProgress(
                        partition: partition, applied: progress.told.applied,
                        appliedRanges: progress.told.ranges.map { $0.lowerBound...$0.upperBound - 1 },
                        marks: events.someMarks(below: progress.told.end, in: partition))
                })
        }
    }

    private func lookFurther(
        _ progress: inout Progress, at tier: String, in partition: Int32, _ members: Members,
        _ events: EventsProgress, now: CollectorInstant
    ) {
        let read = Coverage(applied: events.readTo(partition), ranges: [])
        var more = read.subtracting(progress.told)
        if layout.problems[tier] == nil {
            let agents = layout.members(of: tier)
            if let last = progress.blocker, layout.tier(of: last) == tier {
                more = unblocked(more, topic: progress.topic, by: last, in: partition, members, at: now)
            }
            for agent in agents where !more.isEmpty {
                more = unblocked(more, topic: progress.topic, by: agent, in: partition, members, at: now)
                if more.isEmpty { progress.blocker = agent }
            }
        }
        if !more.isEmpty { progress.told = progress.told.adding(more, rangesMax: Limits.appliedRangesMax) }
    }

    /// The offsets of some ranges at which an agent stands in the way of no purge.
    private func unblocked(
        _ ranges: [Range<Int64>], topic: Int64, by index: Int, in partition: Int32, _ members: Members,
        at now: CollectorInstant
    ) -> [Range<Int64>] {
        let agent = members.all[index]
        var coverage = agent.counted[partition]?.confirmed ?? Coverage()
        if agent.isDrained || agent.safeAfter != nil, let reading = reading[partition] {
            // Whatever was read before a moment, a purge or not, was known then.
            let end = reading.readTo(of: topic) { members.isExcused(agent, fromPurgeSeenAt: $0, at: now) }
            coverage = coverage.extended(to: end)
        }
        return coverage.intersecting(ranges)
    }
}
