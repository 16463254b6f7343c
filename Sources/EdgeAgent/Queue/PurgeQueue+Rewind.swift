/// Going back to where everything is certain: after a power loss, and after the database was lost.
extension PurgeQueue {
    /// The next offset that stands for "purges were missed": lower than all that Kafka has, so that the intake flushes
    /// in their place.
    static let missed: Int64 = -1

    /// Sets the queue back before it is loaded: what lies behind is read from Kafka again, and applied as late purges.
    ///
    /// - Parameters:
    ///   - settled: where to go on from in each partition. One that the queue knows and that is not among them, or that
    ///     started over since, has missed purges. One that is further than the queue itself is left alone: then the
    ///     database is the older of the two, and reads everything since again anyway.
    ///   - always: false: only partitions whose offsets started over since the database was written are set back.
    static func rewind(_ database: AgentDatabase, to settled: [QueuePosition], always: Bool) throws {
        var change = Change()
        for stored in try storedPositions(database) {
            let known = settled.first { $0.partition == stored.partition }
            let startedOver = known.map { $0.epoch > stored.epoch } ?? false
            guard always || startedOver else { continue }
            let isKnown = known?.epoch == stored.epoch
            let offset = isKnown ? known?.offset ?? Self.missed : Self.missed
            guard offset < stored.offset else { continue }
            // What waits in the queue lies behind what was applied, and comes again with the rest.
            drop(stored.partition, database, from: &change)
            database.meta.positions.put(
                stored.partition, QueuePlace(epoch: stored.epoch, offset: offset), into: &change)
        }
        try database.write(change, sync: true)
    }

    /// Adds to a change what a new database takes over from one that was lost.
    ///
    /// - Parameter settled: how far each partition is known to have been applied; nil when nobody knows any more. Other
    ///   partitions of which Kafka no longer has everything have missed purges: their positions may have been lost with
    ///   it.
    static func recover(_ settled: [QueuePosition]?, _ database: AgentDatabase, into change: inout Change) {
        for position in settled ?? [] {
            let place = QueuePlace(epoch: position.epoch, offset: position.offset)
            database.meta.positions.put(position.partition, place, into: &change)
        }
        database.meta.isUncertain.set(in: &change)
    }

    /// Whether a partition that this queue has never seen may be one that a lost database knew.
    func isUncertain() throws -> Bool { try database.meta.isUncertain.isSet }

    /// Drops what waits of a partition, and how far it had got.
    static func drop(_ partition: Int32, _ database: AgentDatabase, from change: inout Change) {
        let prefix = QueueKey.prefix(partition)
        change.deleteAll(beginningWith: prefix, in: database.queue)
        database.meta.progress.deleteAll(beginningWith: prefix, from: &change)
    }

    /// The next offset to fetch of every partition ever seen, as it is written.
    static func storedPositions(_ database: AgentDatabase) throws -> [QueuePosition] {
        try database.meta.positions.all().map { partition, place in
            QueuePosition(partition: partition, epoch: place.epoch, offset: place.offset)
        }
    }
}
