import DequeModule
import PurgeModel

/// The purges that are in memory, found by id and by place, and no more of them than fit.
///
/// Each has a slot while it is here. Each open purge counts, for each milestone, the expected agents on which it
/// has not reached it, so that an acknowledgement costs what is new in it: it changes the counts of exactly the purges
/// between what the agent had told before and what it tells now.
struct PurgeTable: Sendable {
    /// What bounds the table.
    struct Limits: Sendable {
        var purgesMax: Int
        /// Bytes of the events.
        var bytesMax: Int
        /// What single agents told about single purges.
        var detailsMax: Int
    }

    private let limits: Limits
    /// Records by slot; nil slots are free.
    private var records: [PurgeRecord?] = []
    private var freeSlots: [Int] = []
    private var slotByID: [PurgeID: Int] = [:]
    private var offsets: [Int32: PurgeOffsets] = [:]
    /// Slots of purges that are not confirmed.
    private(set) var open: Set<Int> = []
    /// Purges in the order they became known, for forgetting; may name purges that are forgotten already.
    private var order: Deque<PurgeID> = []
    /// Purges in the order they got their first detail, as `order`.
    private var detailOrder: Deque<PurgeID> = []
    /// Bytes of the events.
    private(set) var eventBytes = 0
    /// Results of single agents.
    private(set) var detailCount = 0
    /// Purges of which somebody wants to know when something changes about them.
    private var watched: Set<Int> = []
    /// Those about which something has changed.
    private var changed: [PurgeID] = []

    init(limits: Limits) {
        self.limits = limits
    }

    // MARK: Questions

    /// Purges in memory.
    var count: Int { slotByID.count }
    /// The purges that are not confirmed, in no order.
    var openRecords: [PurgeRecord] { open.compactMap { records[$0] } }

    /// The purge in a slot; nil for a free one.
    subscript(slot: Int) -> PurgeRecord? { records[slot] }

    /// Where in the topic the purge in a slot is; nil for a free one.
    func position(of slot: Int) -> PurgePosition? { records[slot]?.position }

    /// Which topic of its partition the purge in a slot is in; nil for a free one.
    func topic(of slot: Int) -> Int64? { records[slot]?.topic }

    /// Expected agents that stand between the purge in a slot and a milestone; nil when that is reached, and for a free
    /// slot.
    func outstanding(of slot: Int, on milestone: Milestone) -> Int? {
        records[slot]?.outstanding(on: milestone)
    }

    /// Where the purge with an id is; nil when it is not in memory.
    func slot(of id: PurgeID) -> Int? { slotByID[id] }

    /// Where the purge at a place of the topic is; nil when none is in memory.
    func slot(at position: PurgePosition) -> Int? { offsets[position.partition]?.slot(at: position.offset) }

    /// Purges of a partition that are in memory.
    func count(in partition: Int32) -> Int { offsets[partition]?.entries.count ?? 0 }

    /// How long ago the oldest purge was accepted that an agent has not applied, as it says itself; zero when there is
    /// none.
    func oldestUnapplied(by agent: AgentRecord, now: CollectorInstant) -> Duration {
        var oldest: Duration = .zero
        for (partition, offsets) in offsets {
            let coverage = agent.toldCoverage(of: partition)
            guard let entry = offsets.first(from: coverage.applied, where: { !coverage.contains($0.offset) }),
                let acceptedAt = records[entry.slot]?.event.acceptedAt
            else { continue }
            oldest = max(oldest, now.wall.duration(since: acceptedAt))
        }
        return oldest
    }

    // MARK: Which purges there are

    /// Takes in the record of a purge that is not known.
    mutating func add(_ record: PurgeRecord) -> Int {
        let slot = freeSlots.popLast() ?? records.count
        if slot == records.count { records.append(nil) }
        records[slot] = record
        slotByID[record.event.id] = slot
        offsets[record.position.partition, default: PurgeOffsets()].insert(slot, at: record.position.offset)
        if record.isOpen { open.insert(slot) }
        order.append(record.event.id)
        eventBytes += record.bytes
        if !record.results.isEmpty {
            detailOrder.append(record.event.id)
            detailCount += record.results.count
        }
        return slot
    }

    /// Lets go of a purge; the history keeps what it has of it.
    mutating func forget(_ slot: Int) {
        guard let record = records[slot] else { return }
        records[slot] = nil
        freeSlots.append(slot)
        slotByID[record.event.id] = nil
        open.remove(slot)
        if watched.remove(slot) != nil { changed.append(record.event.id) }
        offsets[record.position.partition]?.remove(at: record.position.offset)
        eventBytes -= record.bytes
        detailCount -= record.results.count
    }

    /// Forgets old purges until one more fits: the oldest that is confirmed and that the history has.
    ///
    /// Open ones go when more than half of all are open.
    mutating func makeRoom(for bytes: Int, keeping unsaved: UnsavedPurges) {
        var postponed = 0
        while !order.isEmpty, count >= limits.purgesMax || eventBytes + bytes > limits.bytesMax {
            guard let id = order.popFirst(), let slot = slotByID[id] else { continue }
            // Looking at a hundred that are needed in a row is enough for one new purge.
            let isNeeded = unsaved.contains(slot) || (open.contains(slot) && open.count <= count / 2)
            if isNeeded, postponed < 100 {
                order.append(id)
                postponed += 1
            } else {
                forget(slot)
            }
        }
        // Ids that were used again leave entries behind; this keeps the list in proportion.
        if order.count > 2 * count + 1000 {
            var seen: Set<PurgeID> = []
            order.removeAll { slotByID[$0] == nil || !seen.insert($0).inserted }
        }
    }

    // MARK: What becomes of them

    // Records are changed where they are and never through a copy: with a second reference alive each change would copy
    // all their results.

    /// A purge was found in a topic; returns whether it was in another one before.
    mutating func found(_ slot: Int, inTopic topic: Int64) -> Bool {
        guard let before = records[slot]?.topic, before != topic else { return false }
        records[slot]?.found(inTopic: topic)
        return true
    }

    /// This process accepted a purge.
    mutating func accepted(_ slot: Int, at moment: Duration) {
        records[slot]?.accepted(at: moment)
    }

    /// Adds what an agent told about a purge; what is more than fits is forgotten, that of the oldest purges first.
    mutating func add(_ result: AgentResult, of agent: Int, to slot: Int, _ unsaved: inout UnsavedPurges) {
        let isFirst = records[slot]?.results.isEmpty ?? false
        guard records[slot]?.add(result, of: agent) == true else { return }
        if isFirst, let id = records[slot]?.event.id { detailOrder.append(id) }
        hasChanged(slot)
        unsaved.add(resultOf: agent, to: slot)
        detailCount += 1
        while detailCount > limits.detailsMax, let id = detailOrder.popFirst() {
            guard let old = slotByID[id], let count = records[old]?.results.count, count > 0 else { continue }
            records[old]?.dropResults()
            unsaved.dropResults(of: old)
            detailCount -= count
        }
    }

    /// A purge has reached a milestone.
    mutating func reach(_ slot: Int, _ milestone: Milestone, _ reached: Reached) {
        records[slot]?.reach(milestone, reached)
        hasChanged(slot)
        if milestone == .confirmed { open.remove(slot) }
    }

    /// An agent stands in the way of a purge.
    mutating func block(_ slot: Int, by agent: Int) {
        records[slot]?.blocked(by: agent)
    }

    // MARK: Who watches them

    /// Names the purge in a slot in ``takeChanged()`` once something has changed about it.
    mutating func watch(_ slot: Int) { watched.insert(slot) }

    /// Watched purges about which something has changed since the last call; they are watched no more.
    mutating func takeChanged() -> [PurgeID] {
        defer { changed = [] }
        return changed
    }

    private mutating func hasChanged(_ slot: Int) {
        // Almost always nobody watches.
        guard !watched.isEmpty, watched.remove(slot) != nil, let record = records[slot] else { return }
        changed.append(record.event.id)
    }

    // MARK: Who stands in their way

    /// So many more agents are expected, which have told of none of the open purges; fewer for a negative number.
    mutating func changeOpen(by step: Int) {
        for slot in open {
            for milestone in Milestone.allCases { change(slot, by: step, on: milestone) }
        }
    }

    /// So many more expected agents stand between a purge and a milestone.
    mutating func change(_ slot: Int, by step: Int, on milestone: Milestone) {
        records[slot]?.change(outstandingBy: step, on: milestone)
        hasChanged(slot)
    }

    /// Brings the counts from what counted of an agent's words to what counts now.
    /// - Returns: the purges that it changed in whose way no more than `few` agents stand now.
    mutating func count(_ change: WordChange, collectingBelow few: Int) -> [Int] {
        let nothing = ByMilestone(each: Coverage())
        var done: [Int] = []
        for partition in Set(change.before.keys).union(change.after.keys) {
            let (before, after) = (change.before[partition] ?? nothing, change.after[partition] ?? nothing)
            for milestone in Milestone.allCases where before[milestone] != after[milestone] {
                let (lost, won) = (
                    before[milestone].subtracting(after[milestone]), after[milestone].subtracting(before[milestone])
                )
                done += self.change(won, of: partition, by: -1, on: milestone, collectingBelow: few)
                done += self.change(lost, of: partition, by: 1, on: milestone, collectingBelow: few)
            }
        }
        return done
    }

    /// So many more expected agents stand between the purges of some offsets and a milestone.
    /// - Returns: the purges of them in whose way no more than `few` agents stand now.
    private mutating func change(
        _ ranges: [Range<Int64>], of partition: Int32, by step: Int, on milestone: Milestone, collectingBelow few: Int
    ) -> [Int] {
        guard !ranges.isEmpty, let offsets = offsets[partition] else { return [] }
        var done: [Int] = []
        for range in ranges {
            offsets.forEach(in: range) { entry in
                guard let outstanding = outstanding(of: entry.slot, on: milestone) else { return }
                change(entry.slot, by: step, on: milestone)
                if outstanding + step <= few { done.append(entry.slot) }
            }
        }
        return done
    }

    /// Counts for every purge the expected agents that stand between it and a milestone, all in one go.
    ///
    /// Agents times purges would be too many steps when both are many: for each partition this takes one step for each
    /// purge and one for each range of each agent.
    mutating func countOutstanding(of members: Members, on milestone: Milestone) {
        for (partition, offsets) in offsets {
            var steps = [Int](repeating: 0, count: offsets.entries.count + 1)
            for agent in members.all where agent.isMember {
                for range in agent.counted[partition]?[milestone].all ?? [] {
                    let covered = offsets.indices(in: range)
                    steps[covered.lowerBound] += 1
                    steps[covered.upperBound] -= 1
                }
            }
            var done = 0
            for (index, entry) in offsets.entries.enumerated() {
                done += steps[index]
                records[entry.slot]?.set(outstanding: members.expectedCount - done, on: milestone)
            }
        }
    }
}
