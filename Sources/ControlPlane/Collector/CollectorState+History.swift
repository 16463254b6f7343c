internal import PurgeModel

// The history: what it has to store, and what it gives back after a restart.
extension CollectorState {
    /// What changed since the last call.
    ///
    /// All of it together is one consistent state: nothing that was read is missing.
    mutating func takeChanges() -> HistoryChanges {
        var changes = HistoryChanges()
        changes.purges.reserveCapacity(unsaved.count)
        for slot in unsaved where purges[slot]?.isUnsaved == true {
            purges[slot]?.isUnsaved = false
            guard let record = purges[slot] else { continue }
            changes.purges.append(change(of: record))
            purges[slot]?.isStored = true
            purges[slot]?.unsavedResults = []
            if !record.unsavedResults.isEmpty { purges[slot]?.storedPieces += 1 }
        }
        unsaved = []
        changes.minutes = times.takeUnsaved()
        for (partition, history) in partitions { changes.readTo[partition] = history.readTo }
        return changes
    }

    /// Says that changes could not be stored: the next ones will hold them too.
    mutating func keep(unsaved changes: HistoryChanges) {
        for change in changes.purges {
            guard let slot = slotByID[change.event.id] else { continue }
            if change.isNew { purges[slot]?.isStored = false }
            if purges[slot]?.hasDroppedResults == false, !change.results.isEmpty {
                let missing = change.results.compactMap { agentIndex[$0.agent] }
                purges[slot]?.unsavedResults.insert(contentsOf: missing, at: 0)
            }
            markUnsaved(slot)
        }
        times.keep(unsaved: changes.minutes.keys)
    }

    /// Notes that the history does not have a purge as it is now.
    mutating func markUnsaved(_ slot: Int) {
        guard settings.keepsHistory, purges[slot]?.isUnsaved == false else { return }
        purges[slot]?.isUnsaved = true
        unsaved.append(slot)
    }

    /// Takes in what the history has, before anything is read from Kafka.
    mutating func restore(_ restored: RestoredHistory, now: CollectorInstant) {
        for (minute, histogram) in restored.minutes { times.restore(minute, histogram) }
        for (partition, offset) in restored.readTo {
            partitions[partition, default: PartitionHistory()].readTo = offset
        }
        for purge in restored.purges where slotByID[purge.event.id] == nil {
            let position = purge.position
            if let slot = partitions[position.partition]?.slot(at: position.offset), let other = purges[slot] {
                // The topic was made anew: the offset is that of the later one. The other was forgotten before the restart too.
                guard other.event.acceptedAt < purge.event.acceptedAt else { continue }
                forget(slot)
            }
            for (name, _) in purge.results ?? [] { _ = index(named: name) }
            var record = record(of: purge, now: now)
            record.hasDroppedResults = purge.results == nil
            let count = record.results.count
            _ = add(record)
            if count > 0 {
                detailOrder.append(purge.event.id)
                detailCount += count
            }
        }
    }

    /// The record of a purge that the history has, with the results of the agents that are known.
    func record(of purge: HistoryPurge, now: CollectorInstant) -> PurgeRecord {
        var record = PurgeRecord(
            event: purge.event, position: purge.position, bytes: purge.bytes, seenAt: now.monotonic)
        record.confirmation = purge.confirmation
        record.removedObjects = purge.removedObjects
        record.removedBytes = purge.removedBytes
        record.isStored = true
        record.storedPieces = purge.pieces
        for (name, result) in purge.results ?? [] {
            // The first word counts, as it did then.
            if let agent = agentIndex[name], record.results[agent] == nil { record.results[agent] = result }
        }
        return record
    }

    private func change(of record: PurgeRecord) -> HistoryChanges.Purge {
        HistoryChanges.Purge(
            event: record.event, isNew: !record.isStored, position: record.position, bytes: record.bytes,
            confirmation: record.confirmation, removedObjects: record.removedObjects, removedBytes: record.removedBytes,
            piece: record.storedPieces,
            results: record.unsavedResults.compactMap { agent in
                record.results[agent].map { (agent: agents[agent].name, result: $0) }
            })
    }
}
