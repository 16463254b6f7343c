import PurgeModel
import RocksDB

// Reading the history.
extension HistoryTables {
    /// Purges that a new process has in memory at once, besides those that are open: reading them is most of a start.
    private static let restoredMax = 10_000

    /// One purge with all that agents told; nil when it is not there.
    func purge(_ id: PurgeID) throws(RocksDBError) -> HistoryPurge? {
        guard let status = try status(of: id) else { return nil }
        let place = HistoryPlace(acceptedAt: status.acceptedAt, id: id)
        guard let value = try store.database.value(forKey: HistoryKeys.event(place), in: store.history) else {
            return nil
        }
        return try purge(event: value, status, withResults: true)
    }

    /// The next purges of a list.
    /// - Parameters:
    ///   - place: the last one of the page before; nil for the newest.
    ///   - count: purges at most.
    ///   - look: what is looked at, at most.
    ///   - matches: whether a purge belongs to the list, from its place and the value of its event.
    /// - Returns: the purges, without what single agents told; where the next page begins, nil when there is none; and
    ///   what is left of `look`.
    func page(
        after place: HistoryPlace?, count: Int, look: HistoryLook, matches: (HistoryPlace, [UInt8]) -> Bool
    ) throws(RocksDBError) -> (purges: [HistoryPurge], next: HistoryPlace?, left: HistoryLook) {
        var found: [(place: HistoryPlace, event: [UInt8])] = []
        var next: HistoryPlace?
        var left = look
        let start = place.map { HistoryKeys.event($0) + [0] } ?? HistoryKeys.events
        try store.database.scan(in: store.history, from: start, to: HistoryKeys.eventsEnd) { key, value in
            guard let here = HistoryPlace(bytes: key.copy().dropFirst()) else { return .next }
            if found.count == count || left.isSpent { return .stop }
            next = here
            let event = value.copy()
            left.spend(event.count)
            if matches(here, event) { found.append((here, event)) }
            return .next
        }
        if found.count < count, !left.isSpent { next = nil }
        let statuses = try store.database.values(
            forKeys: found.map { HistoryKeys.status($0.place.id) }, in: store.history)
        var purges: [HistoryPurge] = []
        for (item, status) in zip(found, statuses) {
            guard let status else { continue }
            purges.append(try purge(event: item.event, HistoryStatus(status), withResults: false))
        }
        return (purges, next, left)
    }

    /// What a new process begins with: the open purges, the newest ones, times, and how far the topic was read.
    /// - Parameters:
    ///   - purgesMax: purges at most.
    ///   - bytesMax: bytes of their events at most.
    ///   - resultsMax: what single agents told: results at most, those of the newest purges.
    func restore(purgesMax: Int, bytesMax: Int, resultsMax: Int) throws(RocksDBError) -> RestoredHistory {
        var restored: [HistoryPurge] = []
        var open: Set<PurgeID> = []
        try store.database.scan(in: store.history, from: HistoryKeys.open, to: HistoryKeys.openEnd) { key, _ in
            if let id = PurgeID(bytes: key.copy().dropFirst()) { open.insert(id) }
            return open.count < purgesMax / 2 ? .next : .stop
        }
        let newest = try page(
            after: nil, count: min(purgesMax - open.count, Self.restoredMax),
            look: HistoryLook(purges: .max, bytes: bytesMax)
        ) { _, _ in true }
        var bytes = 0
        var results = 0
        func add(_ purge: HistoryPurge) throws(RocksDBError) -> Bool {
            bytes += purge.bytes
            guard bytes <= bytesMax else { return false }
            var told: [(agent: String, result: AgentResult)]?
            if results < resultsMax {
                let all = try self.results(of: purge.event.id, pieces: purge.pieces)
                results += all.count
                if results <= resultsMax { told = all }
            }
            restored.append(purge.with(results: told))
            open.remove(purge.event.id)
            return true
        }
        for purge in newest.purges { guard try add(purge) else { break } }
        for id in open {
            guard let status = try status(of: id) else { continue }
            let place = HistoryPlace(acceptedAt: status.acceptedAt, id: id)
            guard let value = try store.database.value(forKey: HistoryKeys.event(place), in: store.history) else {
                continue
            }
            guard try add(try purge(event: value, status, withResults: false)) else { break }
        }
        restored.sort { ($0.event.acceptedAt, $0.position.offset) < ($1.event.acceptedAt, $1.position.offset) }
        let (readTo, marks) = try restoreReadTo()
        let start = readTo.map { partition, offset in
            // An earlier version has left no marks.
            (partition, marks[partition]?.first?.offset ?? max(0, offset - Int64(MarkLog.countMax)))
        }
        return RestoredHistory(
            purges: restored, minutes: try restoreTimes(), readTo: readTo,
            start: Dictionary(start, uniquingKeysWith: { first, _ in first }), marks: marks,
            topics: try restoreTopics(), claims: try restoreClaims())
    }

    /// All entries of a kind, in the order of their keys.
    private func entries(
        in family: ColumnFamily, from lower: [UInt8], to upper: [UInt8]
    ) throws(RocksDBError) -> [(key: [UInt8], value: [UInt8])] {
        var entries: [(key: [UInt8], value: [UInt8])] = []
        try store.database.scan(in: family, from: lower, to: upper) { key, value in
            entries.append((key.copy(), value.copy()))
            return .next
        }
        return entries
    }

    /// Times to confirmed, by minutes since 1970; removes those that are too old.
    private func restoreTimes() throws(RocksDBError) -> [Int64: TimeHistogram] {
        let values = try entries(in: store.history, from: HistoryKeys.times, to: HistoryKeys.timesEnd)
        var batch = WriteBatch()
        for (key, _) in values.dropLast(ConfirmationTimes.minutesMax) { batch.delete(key, in: store.history) }
        if !batch.isEmpty { try store.database.write(batch, sync: false) }
        var minutes: [Int64: TimeHistogram] = [:]
        for (key, value) in values.suffix(ConfirmationTimes.minutesMax) {
            guard let minute = HistoryKeys.minute(key) else { continue }
            minutes[minute] = try HistoryValues.times(value)
        }
        return minutes
    }

    /// How far each partition of `purge.events` was read, and what was found there.
    private func restoreReadTo() throws(RocksDBError) -> (readTo: [Int32: Int64], marks: [Int32: [MessageMark]]) {
        let values = try entries(in: store.meta, from: HistoryKeys.readTo, to: HistoryKeys.readToEnd)
        var readTo: [Int32: Int64] = [:]
        var marks: [Int32: [MessageMark]] = [:]
        for (key, value) in values {
            var keyReader = ByteReader(Array(key.dropFirst(HistoryKeys.readTo.count)))
            var reader = ByteReader(value)
            let partition = Int32(bitPattern: try keyReader.integer(UInt32.self))
            readTo[partition] = try reader.signed()
            while !reader.rest.isEmpty {
                let offset = try reader.signed()
                marks[partition, default: []].append(
                    MessageMark(offset: offset, fingerprint: try reader.integer(UInt64.self)))
            }
        }
        return (readTo, marks)
    }

    /// How often each partition of `purge.events` was seen to be another topic's.
    private func restoreTopics() throws(RocksDBError) -> [Int32: Int64] {
        let values = try entries(in: store.meta, from: HistoryKeys.topics, to: HistoryKeys.topicsEnd)
        var topics: [Int32: Int64] = [:]
        for (key, value) in values {
            var keyReader = ByteReader(Array(key.dropFirst(HistoryKeys.topics.count)))
            var reader = ByteReader(value)
            topics[Int32(bitPattern: try keyReader.integer(UInt32.self))] = try reader.signed()
        }
        return topics
    }

    /// Who was a member, and whose the names were.
    private func restoreClaims() throws(RocksDBError) -> [String: NameClaim] {
        let values = try entries(in: store.meta, from: HistoryKeys.claims, to: HistoryKeys.claimsEnd)
        var claims: [String: NameClaim] = [:]
        for (key, value) in values {
            let name = String(decoding: key.dropFirst(HistoryKeys.claims.count), as: UTF8.self)
            claims[name] = try HistoryValues.claim(value)
        }
        return claims
    }

    func status(of id: PurgeID) throws(RocksDBError) -> HistoryStatus? {
        guard let value = try store.database.value(forKey: HistoryKeys.status(id), in: store.history) else {
            return nil
        }
        return try HistoryStatus(value)
    }

    private func results(
        of id: PurgeID, pieces: Int
    ) throws(RocksDBError) -> [(agent: String, result: AgentResult)] {
        var results: [(agent: String, result: AgentResult)] = []
        for piece in 0..<pieces {
            let key = HistoryKeys.results(id, piece: piece)
            guard let value = try store.database.value(forKey: key, in: store.history) else { continue }
            results += try HistoryValues.results(value)
        }
        return results
    }

    private func purge(
        event value: [UInt8], _ status: HistoryStatus, withResults: Bool
    ) throws(RocksDBError) -> HistoryPurge {
        let event = try HistoryValues.event(value)
        return HistoryPurge(
            event: event, position: status.position, bytes: status.bytes, reached: status.reached,
            removedObjects: status.removedObjects, removedBytes: status.removedBytes, pieces: status.pieces,
            topic: status.topic, results: withResults ? try results(of: event.id, pieces: status.pieces) : nil)
    }
}

extension Span<UInt8> {
    /// The bytes as an array of their own.
    fileprivate func copy() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}
