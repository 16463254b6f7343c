import PurgeModel
import RocksDB
import Threads

/// Applying purges.
extension CacheWorker {
    /// Objects of one purge handled before the next gets its turn.
    private static let sliceObjects = 1024
    /// Objects of all purges handled in one round, about: that long a new purge waits.
    private static let roundObjects = 4096

    /// Names that the purges begun in one round may guard, about: a thousand times what a usual purge names.
    private static let roundNames = 100_000

    /// Begins purges that were taken; those beyond what a round should begin go back to the queue.
    func begin(_ taken: inout [PurgeQueue.Taken], _ run: inout Run) throws -> [ActivePurge] {
        var begun: [ActivePurge] = []
        var names = 0
        var rest: [PurgeQueue.Taken] = []
        for (position, one) in taken.enumerated() {
            guard names < Self.roundNames else {
                rest = Array(taken[position...])
                break
            }
            guard let purge = try begin(one) else { continue }
            names += purge.event.selectors.keyCount + purge.event.scope.patterns.count
            begun.append(purge)
        }
        begun += try takeAgain(&run)
        // Nothing can fail from here on: a guard without its purge would never end.
        queue.giveBack(rest)
        taken.removeLast(rest.count)
        for position in begun.indices where !begun[position].isRepeated { arm(&begun[position], &run) }
        return begun
    }

    /// Reads a purge from the queue and finds where to look; nil if a restart of its partition has dropped it, or it is none.
    func begin(_ taken: PurgeQueue.Taken) throws -> ActivePurge? {
        let key = taken.key
        guard let event = try taken.event ?? decoded(key) else { return nil }
        var newestDate: UInt32?
        if queue.isLate(key) {
            let newest = event.acceptedAt.advanced(by: settings.guardWindow + settings.clockSkewMax)
            newestDate = UInt32(clamping: newest.milliseconds / 1000)
        }
        return ActivePurge(
            key: key, event: event, ranges: try index.ranges(for: event.selectors, scope: event.scope),
            progress: try queue.progress(key), newestDate: newestDate,
            started: taken.queued ?? clock.instant
        )
    }

    /// Reads a purge that is only on disk; what can't be understood goes to the dead-letter topic.
    private func decoded(_ key: QueueKey) throws -> PurgeEvent? {
        guard let message = try queue.message(key) else { return nil }
        do throws(PurgeEventError) {
            return try message.decoded()
        } catch {
            queue.reject(key)
            onRejection()
            return nil
        }
    }

    /// Gives every purge being worked on one slice, then writes all that was done at once.
    ///
    /// A purge whose files can't be changed stays where it is, and the others go on; then its error is thrown.
    func apply(_ run: inout Run) throws {
        guard !run.active.isEmpty else { return }
        var active = run.active
        var batch = WriteBatch()
        var removed: [ObjectID: ObjectRecord] = [:]
        var done: [ActivePurge] = []
        var failure: (any Error)?
        let limit = min(Self.sliceObjects, max(16, Self.roundObjects / active.count))
        for position in active.indices {
            do {
                var purge = active[position]
                try apply(&purge, limit, &removed, &batch, &run)
                active[position] = purge
            } catch {
                failure = failure ?? error
                continue
            }
            if active[position].isDone { done.append(active[position]) }
        }
        let change = run.writer.remove(removed, from: &batch)
        try write(&batch, change)
        run.active = active.filter { !$0.isDone }
        for number in done.compactMap(\.guardNumber) { run.guards.fills.applied(number) }
        for purge in done where purge.isRepeated { status.guardRepeated(removed: purge.removed, bytes: purge.bytes) }
        done.removeAll(where: \.isRepeated)
        if !done.isEmpty {
            queue.completed(done.map(\.key)) { counted in
                let finished = done.filter { counted.contains($0.key) }.map { (event: $0.event, told: recent($0)) }
                status.applied(finished.map(\.told))
                for purge in finished { status.counters.applied(purge.event, took: purge.told.took) }
            }
        }
        if let failure { throw failure }
    }

    /// Works one slice of a purge off.
    ///
    /// Nothing of it is in the batch when it fails.
    private func apply(
        _ purge: inout ActivePurge, _ limit: Int, _ removed: inout [ObjectID: ObjectRecord], _ batch: inout WriteBatch,
        _ run: inout Run
    ) throws {
        let mode = purge.event.mode
        let objects = try purge.nextObjects(index, limit: limit).filter { removed[$0.id] == nil }
        let outcomes = try self.purge(objects.map(\.record), mode, &run.buffer)
        for (object, outcome) in zip(objects, outcomes) {
            if outcome == .purged { purge.count(object.record) }
            if outcome == .absent || (outcome == .purged && mode == .delete) {
                removed[object.id] = object.record
            }
        }
        try noteForGuard(purge, zip(objects.map(\.record), outcomes).map { ($0, $1) }, &run)
        if purge.isDone { try keepGuard(purge, into: &batch, &run) }
        if purge.isRepeated { return }
        if purge.isDone {
            queue.complete(purge.key, into: &batch)
        } else {
            queue.note((purge.removed, purge.bytes), of: purge.key, into: &batch)
        }
    }

    private func recent(_ purge: ActivePurge) -> RecentPurge {
        RecentPurge(
            partition: purge.key.partition, offset: purge.key.offset, removed: purge.removed, bytes: purge.bytes,
            appliedAt: clock.now, took: purge.started.duration(to: clock.instant)
        )
    }

    /// Marks files deleted or stale, on several threads where there are many.
    func purge(
        _ records: [ObjectRecord], _ mode: PurgeMode, _ buffer: inout [UInt8]
    ) throws -> [NginxCache.Outcome] {
        let now = clock.now.milliseconds / 1000
        let one = { @Sendable (record: ObjectRecord, buffer: inout [UInt8]) throws in
            try self.cache(record.file)?.purge(record, mode: mode, now: now, buffer: &buffer) {
                try self.index.entry(record.file)?.generation
            } ?? .absent
        }
        guard records.count >= 64 else { return try records.map { try one($0, &buffer) } }
        return try ParallelMap.map(records, threads: settings.fileThreads) { records in
            var buffer: [UInt8] = []
            return try records.map { try one($0, &buffer) }
        }
    }
}
