internal import DequeModule
internal import PurgeModel

// Agents: what their acknowledgements change.
extension CollectorState {
    /// One acknowledgement, in the order of the topic.
    /// - Parameters:
    ///   - acknowledgement: the agent's whole state.
    ///   - now: when it arrived here.
    ///   - partition: the partition of `purge.acks` it was in.
    ///   - age: how old it was by then, as far as wall clocks can tell; zero in normal running. For display only: an agent with
    ///     a wrong clock must not be taken for silent.
    mutating func receive(
        _ acknowledgement: Acknowledgement, now: CollectorInstant, partition: Int32 = 0, age: Duration = .zero
    ) {
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
        agents[agent].acksPartition = partition
        // Most acknowledgements of a quiet minute repeat the last one. They must cost next to nothing.
        if isNew || acknowledgement.partitions != last.partitions {
            agents[agent].coverage = Dictionary(
                acknowledgement.partitions.map {
                    ($0.partition, Coverage(applied: $0.applied, ranges: $0.appliedRanges))
                },
                uniquingKeysWith: { $0.end < $1.end ? $0 : $1 })
        }
        weigh(agent, isNew: isNew)
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
        // One that the roster names is expected again at once: it has to speak.
        let isUnheard = roster[name] != nil
        agents[agent].isUnheard = isUnheard
        unheardCount += isUnheard ? 1 : 0
        guard knowsMembers else {
            (agents[agent].coverage, agents[agent].earlier) = ([:], [:])
            return
        }
        for slot in Array(open) {
            guard let position = purges[slot]?.position else { continue }
            let hasApplied = agents[agent].hasApplied(position)
            if hasApplied == isUnheard { change(slot, by: isUnheard ? 1 : -1) }
            if !isUnheard { confirmIfDone(slot, at: now, isReplay: false) }
        }
        agents[agent].coverage = [:]
        agents[agent].earlier = [:]
    }

    /// Who is expected whether it has spoken or not, with the regions that the roster gives.
    mutating func setRoster(_ names: [String: String?], now: CollectorInstant) {
        roster = names
        for (name, region) in names {
            let agent = index(named: name)
            agents[agent].rosterRegion = region
            guard !agents[agent].isExpected else { continue }
            agents[agent].isUnheard = true
            unheardCount += 1
            if knowsMembers { for slot in open { change(slot, by: 1) } }
        }
        for agent in agents.indices where agents[agent].isUnheard && names[agents[agent].name] == nil {
            agents[agent].isUnheard = false
            unheardCount -= 1
            guard knowsMembers else { continue }
            for slot in Array(open) {
                change(slot, by: -1)
                confirmIfDone(slot, at: now, isReplay: false)
            }
        }
    }

    /// The index of an agent of that name, which need not have spoken.
    mutating func index(named name: String) -> Int {
        if let agent = agentIndex[name] { return agent }
        agents.append(.unknown(name))
        agentIndex[name] = agents.count - 1
        return agents.count - 1
    }

    /// The index of the agent, which becomes a member with its first word.
    private mutating func index(of acknowledgement: Acknowledgement, now: CollectorInstant) -> (agent: Int, isNew: Bool)
    {
        let agent = index(named: acknowledgement.agent)
        guard !agents[agent].isMember else { return (agent, false) }
        let wasUnheard = agents[agent].isUnheard
        agents[agent] = AgentRecord(
            name: acknowledgement.agent, rosterRegion: agents[agent].rosterRegion, acknowledgement: acknowledgement,
            tracker: InstanceTracker(
                instance: acknowledgement.instance, sentAt: acknowledgement.sentAt, heardAt: now.monotonic),
            heardAt: now.monotonic, ageWhenHeard: .zero)
        memberCount += 1
        if wasUnheard {
            unheardCount -= 1
        } else if knowsMembers {
            // One more that has applied nothing yet.
            for slot in open { change(slot, by: 1) }
        }
        return (agent, true)
    }

    private mutating func change(_ slot: Int, by step: Int) {
        purges[slot]?.outstanding += step
        purges[slot]?.changes += 1
    }

    /// Brings the counts of the open purges from one coverage of an agent to the next.
    /// - Returns: the open purges that nobody has left to apply now.
    mutating func count(
        _ agent: Int, from old: [Int32: Coverage], to new: [Int32: Coverage]
    ) -> [Int] {
        guard old != new else { return [] }
        var done: [Int] = []
        for (partition, coverage) in new {
            let before = old[partition] ?? Coverage()
            guard coverage != before else { continue }
            let coveredTo = partitions[partition]?.coveredTo ?? 0
            partitions[partition, default: PartitionHistory()].coveredTo = max(coveredTo, coverage.end)
            guard knowsMembers else { continue }
            change(coverage.subtracting(before), of: partition, by: -1, done: &done)
            change(before.subtracting(coverage), of: partition, by: 1, done: &done)
        }
        guard knowsMembers else { return [] }
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
                change(entry.slot, by: step)
                if let outstanding = purges[entry.slot]?.outstanding, outstanding <= silentCount {
                    done.append(entry.slot)
                }
            }
        }
    }

    // MARK: What agents tell about single purges

    private mutating func merge(_ recent: [RecentPurge], of agent: Int) {
        for told in recent where agents[agent].earlier[told.partition] == nil {
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
        purges[slot]?.changes += 1
        if settings.keepsHistory { purges[slot]?.unsavedResults.append(agent) }
        markUnsaved(slot)
        detailCount += 1
        while detailCount > settings.detailsMax, let id = detailOrder.popFirst() {
            guard let old = slotByID[id], let count = purges[old]?.results.count, count > 0 else { continue }
            purges[old]?.results = [:]
            purges[old]?.unsavedResults = []
            purges[old]?.hasDroppedResults = true
            detailCount -= count
        }
    }
}
