internal import DequeModule
internal import PurgeModel

// Agents: what their acknowledgements change.
extension CollectorState {
    /// One acknowledgement, in the order of the topic.
    /// - Parameters:
    ///   - acknowledgement: the agent's whole state.
    ///   - now: when it arrived here.
    ///   - age: how old it was by then, as far as wall clocks can tell; zero in normal running. For display only: an agent with
    ///     a wrong clock must not be taken for silent.
    mutating func receive(_ acknowledgement: Acknowledgement, now: CollectorInstant, age: Duration = .zero) {
        let (agent, isNew) = index(of: acknowledgement, now: now)
        let before = agents[agent].counted
        let last = agents[agent].acknowledgement
        agents[agent].tracker.hear(
            instance: acknowledgement.instance, sentAt: acknowledgement.sentAt, heardAt: now.monotonic,
            currentHasEnded: last.status == .draining, window: settings.instanceWindow)
        agents[agent].acknowledgement = acknowledgement
        agents[agent].heardAt = now.monotonic
        agents[agent].safeAfter = nil
        agents[agent].ageWhenHeard = age
        // Most acknowledgements of a quiet minute repeat the last one. They must cost next to nothing.
        if isNew || acknowledgement.partitions != last.partitions {
            agents[agent].coverage = Dictionary(
                acknowledgement.partitions.map {
                    ($0.partition, Coverage(applied: $0.applied, ranges: $0.appliedRanges))
                },
                uniquingKeysWith: { $0.end < $1.end ? $0 : $1 })
        }
        if isNew || acknowledgement.recent != last.recent { merge(acknowledgement.recent, of: agent) }
        for slot in count(agent, from: before, to: agents[agent].counted) {
            confirmIfDone(slot, at: now, isReplay: false)
        }
    }

    /// A tombstone: the agent has left the set.
    mutating func remove(agent name: String, now: CollectorInstant) {
        guard let agent = agentIndex[name], agents[agent].isMember else { return }
        agents[agent].isMember = false
        memberCount -= 1
        for slot in open.sorted() {
            guard let record = purges[slot], !agents[agent].hasApplied(record.position) else { continue }
            purges[slot]?.outstanding -= 1
            confirmIfDone(slot, at: now, isReplay: false)
        }
        agents[agent].coverage = [:]
    }

    /// The index of the agent, which becomes a member with its first word.
    private mutating func index(of acknowledgement: Acknowledgement, now: CollectorInstant) -> (agent: Int, isNew: Bool)
    {
        let fresh = AgentRecord(
            name: acknowledgement.agent, acknowledgement: acknowledgement,
            tracker: InstanceTracker(
                instance: acknowledgement.instance, sentAt: acknowledgement.sentAt, heardAt: now.monotonic),
            heardAt: now.monotonic, ageWhenHeard: .zero)
        if let agent = agentIndex[acknowledgement.agent] {
            guard !agents[agent].isMember else { return (agent, false) }
            agents[agent] = fresh
            join()
            return (agent, true)
        }
        agents.append(fresh)
        agentIndex[acknowledgement.agent] = agents.count - 1
        join()
        return (agents.count - 1, true)
    }

    /// One more member, which has applied nothing yet.
    private mutating func join() {
        memberCount += 1
        for slot in open { purges[slot]?.outstanding += 1 }
    }

    /// Brings the counts of the open purges from one coverage of an agent to the next.
    /// - Returns: the open purges that nobody has left to apply now.
    private mutating func count(
        _ agent: Int, from old: [Int32: Coverage], to new: [Int32: Coverage]
    ) -> [Int] {
        guard old != new else { return [] }
        var done: [Int] = []
        for (partition, coverage) in new {
            let before = old[partition] ?? Coverage()
            guard coverage != before else { continue }
            let coveredTo = partitions[partition]?.coveredTo ?? 0
            partitions[partition, default: PartitionHistory()].coveredTo = max(coveredTo, coverage.end)
            change(coverage.subtracting(before), of: partition, by: -1, done: &done)
            change(before.subtracting(coverage), of: partition, by: 1, done: &done)
        }
        for (partition, coverage) in old where new[partition] == nil {
            change(coverage.subtracting(Coverage()), of: partition, by: 1, done: &done)
        }
        return done
    }

    private mutating func change(_ ranges: [Range<Int64>], of partition: Int32, by step: Int, done: inout [Int]) {
        guard !ranges.isEmpty, let history = partitions[partition] else { return }
        for range in ranges {
            history.forEach(in: range) { entry in
                guard purges[entry.slot]?.isOpen == true else { return }
                purges[entry.slot]?.outstanding += step
                if let outstanding = purges[entry.slot]?.outstanding, outstanding <= silentCount {
                    done.append(entry.slot)
                }
            }
        }
    }

    // MARK: What agents tell about single purges

    private mutating func merge(_ recent: [RecentPurge], of agent: Int) {
        for told in recent {
            let position = PurgePosition(partition: told.partition, offset: told.offset)
            let result = AgentResult(
                removed: told.removed, bytes: told.bytes, appliedAt: told.appliedAt,
                tookMicroseconds: told.took.wholeMicroseconds)
            if let slot = partitions[told.partition]?.slot(at: told.offset) {
                add(result, of: agent, to: slot)
            } else if told.offset >= partitions[told.partition]?.readTo ?? 0 {
                early.add(result, of: agent, at: position)
            }
        }
    }

    /// Adds what an agent told about a purge; the first word counts, as after a restart it may apply a purge again and
    /// find nothing.
    mutating func add(_ result: AgentResult, of agent: Int, to slot: Int) {
        // Field by field and never through a copy of the record: with a second reference alive each change would copy them all.
        guard purges[slot]?.hasDroppedResults == false, purges[slot]?.results[agent] == nil else { return }
        if purges[slot]?.results.isEmpty == true, let id = purges[slot]?.event.id { detailOrder.append(id) }
        purges[slot]?.results[agent] = result
        // Wrapping: numbers from outside must not trap here.
        purges[slot]?.removedObjects &+= result.removed
        purges[slot]?.removedBytes &+= result.bytes
        detailCount += 1
        while detailCount > settings.detailsMax, let id = detailOrder.popFirst() {
            guard let old = slotByID[id], let count = purges[old]?.results.count, count > 0 else { continue }
            purges[old]?.results = [:]
            purges[old]?.hasDroppedResults = true
            detailCount -= count
        }
    }
}
