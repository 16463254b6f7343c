import PurgeModel
import RocksDB
import Synchronization

/// The history of purges in the database: writes it, bounds it, reads it.
///
/// Every call blocks; to be made on the store's thread.
final class HistoryTables: Sendable {
    private struct Size {
        var purges: Int
        var bytes: Int
        /// The oldest purge that was removed, as far as nothing older has come since: the search for the next one need
        /// not look at what is left of those.
        var removedFrom: [UInt8]?
    }

    /// Purges removed in one go at most: a write must not become a long one.
    private static let removedAtOnce = 1000

    let store: ControlStore
    private let limits: HistoryLimits
    private let size: Mutex<Size>

    /// Opens the history of a store; throws what RocksDB throws.
    init(_ store: ControlStore, limits: HistoryLimits) throws(RocksDBError) {
        self.store = store
        self.limits = limits
        var size = Size(purges: 0, bytes: 0)
        if let value = try store.database.value(forKey: HistoryKeys.size, in: store.meta) {
            var reader = ByteReader(value)
            size.purges = Int(clamping: try reader.varint())
            size.bytes = Int(clamping: try reader.varint())
        }
        self.size = Mutex(size)
    }

    /// Purges in the history.
    var purgeCount: Int { size.withLock { $0.purges } }

    /// Writes changes, all or none.
    func write(_ changes: HistoryChanges) throws(RocksDBError) {
        var batch = WriteBatch()
        var new = size.withLock { $0 }
        for purge in changes.purges { try add(purge, to: &batch, &new) }
        for (minute, histogram) in changes.minutes {
            batch.put(HistoryKeys.times(minute), HistoryValues.times(histogram), in: store.history)
            batch.delete(HistoryKeys.times(minute - Int64(ConfirmationTimes.minutesMax)), in: store.history)
        }
        for (partition, offset) in changes.readTo {
            var key = HistoryKeys.readTo
            key.append(integer: UInt32(bitPattern: partition))
            var value: [UInt8] = []
            value.append(signed: offset)
            for mark in changes.marks[partition] ?? [] {
                value.append(signed: mark.offset)
                value.append(integer: mark.fingerprint)
            }
            batch.put(key, value, in: store.meta)
        }
        for (partition, topic) in changes.topics {
            var value: [UInt8] = []
            value.append(signed: topic)
            batch.put(HistoryKeys.topic(partition), value, in: store.meta)
        }
        for (name, claim) in changes.claims {
            if let claim {
                batch.put(HistoryKeys.claim(name), HistoryValues.claim(claim), in: store.meta)
            } else {
                batch.delete(HistoryKeys.claim(name), in: store.meta)
            }
        }
        put(new, into: &batch)
        try store.database.write(batch, sync: false)
        size.withLock { $0 = new }
    }

    private func add(
        _ purge: HistoryChanges.Purge, to batch: inout WriteBatch, _ size: inout Size
    ) throws(RocksDBError) {
        let event = purge.event
        let place = HistoryPlace(acceptedAt: event.acceptedAt, id: event.id)
        let old = try status(of: event.id)
        var status = HistoryStatus(
            acceptedAt: event.acceptedAt, position: purge.position, bytes: purge.bytes,
            reached: purge.reached,
            removedObjects: purge.removedObjects, removedBytes: purge.removedBytes, pieces: purge.piece,
            pieceBytes: purge.isNew ? 0 : old?.pieceBytes ?? 0, topic: purge.topic)
        if let old {
            size.bytes -= old.size
            // The id was used again, or the event came twice: what is new takes the place of the old.
            if purge.isNew { delete(event.id, old, from: &batch) }
        } else {
            size.purges += 1
        }
        if purge.isNew || old == nil {
            let key = HistoryKeys.event(place)
            batch.put(key, HistoryValues.event(event), in: store.history)
            if let removed = size.removedFrom, removed.lexicographicallyPrecedes(key) { size.removedFrom = nil }
        }
        if !purge.results.isEmpty {
            let piece = HistoryValues.results(purge.results)
            batch.put(HistoryKeys.results(event.id, piece: purge.piece), piece, in: store.history)
            status.pieces += 1
            status.pieceBytes += piece.count
        }
        batch.put(HistoryKeys.status(event.id), status.encoded, in: store.history)
        if purge.reached.confirmed == nil {
            batch.put(HistoryKeys.open(event.id), [], in: store.history)
        } else {
            batch.delete(HistoryKeys.open(event.id), in: store.history)
        }
        size.bytes += status.size
    }

    private func delete(_ id: PurgeID, _ status: HistoryStatus, from batch: inout WriteBatch) {
        batch.delete(HistoryKeys.event(HistoryPlace(acceptedAt: status.acceptedAt, id: id)), in: store.history)
        batch.delete(HistoryKeys.status(id), in: store.history)
        batch.delete(HistoryKeys.open(id), in: store.history)
        for piece in 0..<status.pieces { batch.delete(HistoryKeys.results(id, piece: piece), in: store.history) }
    }

    /// Removes what is beyond the limits, the oldest first.
    ///
    /// What is in memory stays there, and is stored again when it changes.
    func removeOldest(now: Timestamp) throws(RocksDBError) {
        let oldest = now.advanced(by: .zero - limits.window)
        var removed = 0
        var batch = WriteBatch()
        var new = size.withLock { $0 }
        while removed < Self.removedAtOnce {
            let end = new.removedFrom ?? HistoryKeys.eventsEnd
            guard let key = try store.database.lastKey(in: store.history, notBelow: HistoryKeys.events, below: end),
                let place = HistoryPlace(bytes: key.dropFirst())
            else { break }
            guard new.purges > limits.purgesMax || new.bytes > limits.bytesMax || place.acceptedAt < oldest else {
                break
            }
            if let status = try status(of: place.id), status.acceptedAt == place.acceptedAt {
                delete(place.id, status, from: &batch)
                new.bytes -= status.size
            } else {
                batch.delete(key, in: store.history)
            }
            new.purges -= 1
            new.removedFrom = key
            removed += 1
        }
        guard !batch.isEmpty else { return }
        put(new, into: &batch)
        try store.database.write(batch, sync: false)
        size.withLock { $0 = new }
    }

    private func put(_ size: Size, into batch: inout WriteBatch) {
        var value: [UInt8] = []
        value.append(varint: UInt64(max(0, size.purges)))
        value.append(varint: UInt64(max(0, size.bytes)))
        batch.put(HistoryKeys.size, value, in: store.meta)
    }
}
