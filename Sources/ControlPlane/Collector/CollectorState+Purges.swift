internal import DequeModule
internal import PurgeModel

// Purges: how they become known, and how they are forgotten.
extension CollectorState {
    /// A purge that this process accepted and Kafka has stored.
    ///
    /// The same event will be read from the topic later.
    mutating func accepted(
        _ event: PurgeEvent, bytes: Int, at position: PurgePosition, acceptedAt: Duration, now: CollectorInstant
    ) {
        // New, and yet below what was read: the topic was made anew, and the reader of it has not noticed yet.
        if slotByID[event.id] == nil, position.offset < partitions[position.partition]?.readTo ?? 0 {
            startedOver(partition: position.partition, end: position.offset + 1)
        }
        let slot = register(event, bytes: bytes, at: position, now: now)
        if purges[slot]?.position == position { purges[slot]?.acceptedAt = acceptedAt }
        confirmIfDone(slot, at: now, isReplay: false)
    }

    /// A purge read from the topic.
    mutating func receive(_ event: PurgeEvent, bytes: Int, at position: PurgePosition, now: CollectorInstant) {
        let slot = register(event, bytes: bytes, at: position, now: now)
        read(position, now: now)
        confirmIfDone(slot, at: now, isReplay: !knowsPurges)
    }

    /// An offset of the topic that holds no purge we understand.
    ///
    /// Agents put it aside; there is nothing to confirm.
    mutating func skip(_ position: PurgePosition, now: CollectorInstant) {
        _ = early.take(position)
        read(position, now: now)
    }

    private mutating func read(_ position: PurgePosition, now: CollectorInstant) {
        read(to: position.offset + 1, of: position.partition, now: now)
    }

    /// Makes a purge known, once; returns its slot.
    private mutating func register(
        _ event: PurgeEvent, bytes: Int, at position: PurgePosition, now: CollectorInstant
    ) -> Int {
        if let slot = slotByID[event.id], let known = purges[slot] {
            // The same event again; or an old one with an id that was used again since.
            let isOlder = known.position.partition == position.partition && position.offset < known.position.offset
            if known.position == position || isOlder { return slot }
            // An id that is used again names the new purge: its answer must not be the old one's "confirmed".
            forget(slot)
        }
        if let slot = partitions[position.partition]?.slot(at: position.offset) {
            // Another purge at a known offset: the topic was made anew.
            forget(slot)
        }
        makeRoom(for: bytes)
        var record = PurgeRecord(event: event, position: position, bytes: bytes, seenAt: now.monotonic)
        let coveredTo = partitions[position.partition]?.coveredTo ?? 0
        if knowsMembers {
            record.outstanding =
                position.offset >= coveredTo
                ? memberCount + unheardCount
                : agents.count { $0.isExpected && !$0.hasApplied(position) }
        }
        let slot = add(record)
        markUnsaved(slot)
        for (agent, result) in early.take(position) { add(result, of: agent, to: slot) }
        return slot
    }

    /// Takes in the record of a purge that is not known.
    mutating func add(_ record: PurgeRecord) -> Int {
        let slot = freeSlots.popLast() ?? purges.count
        if slot == purges.count { purges.append(nil) }
        purges[slot] = record
        slotByID[record.event.id] = slot
        partitions[record.position.partition, default: PartitionHistory()].insert(slot, at: record.position.offset)
        if record.isOpen { open.insert(slot) }
        order.append(record.event.id)
        eventBytes += record.bytes
        return slot
    }

    /// Forgets old purges until one more fits: the oldest that is confirmed and that the history has.
    ///
    /// Open ones go when more than half of all are open.
    private mutating func makeRoom(for bytes: Int) {
        var postponed = 0
        while !order.isEmpty, slotByID.count >= settings.purgesMax || eventBytes + bytes > settings.bytesMax {
            guard let id = order.popFirst(), let slot = slotByID[id], let record = purges[slot] else { continue }
            // Looking at a hundred that are needed in a row is enough for one new purge.
            let isNeeded = record.isUnsaved || (record.isOpen && open.count <= slotByID.count / 2)
            if isNeeded, postponed < 100 {
                order.append(id)
                postponed += 1
            } else {
                forget(slot)
            }
        }
        // Ids that were used again leave entries behind; this keeps the list in proportion.
        if order.count > 2 * slotByID.count + 1000 {
            var seen: Set<PurgeID> = []
            order.removeAll { slotByID[$0] == nil || !seen.insert($0).inserted }
        }
    }

    /// Lets go of a purge; the history keeps what it has of it.
    mutating func forget(_ slot: Int) {
        guard let record = purges[slot] else { return }
        purges[slot] = nil
        freeSlots.append(slot)
        slotByID[record.event.id] = nil
        open.remove(slot)
        partitions[record.position.partition]?.remove(at: record.position.offset)
        eventBytes -= record.bytes
        detailCount -= record.results.count
    }
}
