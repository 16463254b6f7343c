import PurgeModel
import TestSupport

@testable import EdgeAgent

/// One cache machine: nginx with its files and fills, the agent's real queue and fence, and a supervisor that fences
/// when the agent dies.
///
/// What an agent knows only in memory goes with a crash; files, fence file and database stay.
final class SimulatedMachine {
    /// One stored page.
    struct File {
        var version: Int
    }

    /// A response on its way from the origin.
    struct Fill {
        var page: Int
        var version: Int
    }

    /// A purge being applied page by page.
    struct Active {
        var key: QueueKey
        var pages: [Int]
    }

    let name: String
    let fence: FenceStateMachine.Settings
    private let database: AgentDatabase

    // On disk.
    var files: [Int: File] = [:]
    private(set) var isFenced: Bool
    /// Whether an earlier run may have been counted out, as the agent's marker file says.
    private var mayBeCountedOut = false
    /// What is really done, for the judge: purges that were applied to the end, or covered by a flush.
    private(set) var applied: Set<SimulatedBroker.Place> = []
    /// Where each partition was begun.
    private(set) var firstOffsets: [Int32: Int64] = [:]
    /// Purges whose late fills are still caught.
    private(set) var guards: [[Int: Int]] = []

    /// The keys of flushes, which no message has.
    private var flushes: Set<QueueKey> = []

    // nginx.
    private(set) var fills: [Fill] = []

    // The agent's memory.
    private(set) var queue: PurgeQueue?
    private var machine: FenceStateMachine?
    private var active: [Active] = []
    private var starts = 0
    private var waitingSince: [Int32: (offset: Int64, since: ContinuousClock.Instant)] = [:]
    private var isAssigned = false
    private var asked: PartitionEnds?
    private var sent: (at: ContinuousClock.Instant, version: UInt64)?
    /// Whether it reaches Kafka.
    var isCutOff = false

    init(_ name: String, fence: FenceStateMachine.Settings, database: AgentDatabase) {
        self.name = name
        self.fence = fence
        self.database = database
        isFenced = false
    }

    var isAlive: Bool { queue != nil }
    var isLive: Bool { isAlive && isAssigned && !isFenced && queue?.isCaughtUp == true }

    // MARK: nginx

    /// A visitor asks: what is served from the cache; nil when the origin answers.
    func served(_ page: Int) -> Int? { isFenced ? nil : files[page]?.version }

    /// Begins to fetch a page; its answer is of this version, whenever it lands.
    func beginFill(_ page: Int, version: Int) {
        guard !isFenced else { return }
        fills.append(Fill(page: page, version: version))
    }

    /// A fill lands.
    ///
    /// A living agent notices at once; one that is dead finds it when it scans.
    func land(_ index: Int) {
        let fill = fills.remove(at: index)
        files[fill.page] = File(version: fill.version)
        if isAlive { look(fill.page) }
    }

    /// The guards: what a purge in force names goes unless it is new enough.
    private func look(_ page: Int) {
        guard let file = files[page] else { return }
        if guards.contains(where: { ($0[page] ?? 0) > file.version }) { files[page] = nil }
    }

    // MARK: The agent's life

    /// Starts the agent: reads back what an earlier run left, looks through the cache.
    func start(now: ContinuousClock.Instant) throws {
        queue = try PurgeQueue(database: database, entriesMax: 1000)
        starts += 1
        machine = FenceStateMachine(
            settings: fence, mayBeCountedOut: mayBeCountedOut, isHeld: false, isSet: isFenced, now: now)
        isAssigned = false
        active = []
        waitingSince = [:]
        for page in Array(files.keys) { look(page) }
        tick(now: now)
    }

    /// `kill -9`; the supervisor sets the fence where the mode has one.
    func crash() {
        mayBeCountedOut = machine?.mayBeCountedOut ?? mayBeCountedOut
        (queue, machine, active, isAssigned) = (nil, nil, [], false)
        (asked, sent) = (nil, nil)
        if fence.mode != .off { isFenced = true }
    }

    // MARK: Reading and applying

    /// One round of the intake; an offset that is gone becomes a flush.
    func read(_ broker: SimulatedBroker, limit: Int, now: ContinuousClock.Instant) throws {
        guard let queue, !isCutOff else { return }
        for partition in 0..<broker.partitionCount {
            let (low, end) = (broker.lows[partition] ?? 0, broker.ends[partition] ?? 0)
            if !isAssigned {
                if let next = queue.nextOffset(partition), next < low || next > end {
                    try flush(partition, low, end)
                }
                if firstOffsets[partition] == nil { firstOffsets[partition] = low }
                try queue.assigned(partition, from: queue.nextOffset(partition) ?? low, highWatermark: end)
            }
            guard let next = queue.nextOffset(partition) else { continue }
            guard let found = broker.read(partition, from: next, limit: limit) else {
                try flush(partition, low, end)
                continue
            }
            try queue.enqueue(
                found.map { offset, entry in
                    PurgeQueue.Arrival(
                        partition: partition, offset: offset,
                        message: QueuedMessage(value: PurgeEventCodec.encode(entry.event)), content: .purge(entry.event)
                    )
                })
        }
        isAssigned = true
        noteWaiting(now)
    }

    private func flush(_ partition: Int32, _ low: Int64, _ end: Int64) throws {
        var random = SystemRandomNumberGenerator()
        let event = PurgeEvent(
            id: .random(using: &random), zone: "*", scope: .all, selectors: Selectors(everything: true),
            acceptedAt: Timestamp(milliseconds: 0), source: "flush")
        if let flush = try queue?.restart(partition, at: low, flush: event, highWatermark: end) {
            flushes.insert(QueueKey(partition: partition, epoch: flush.epoch, offset: flush.offset))
        }
        active.removeAll { $0.key.partition == partition }
    }

    /// Takes purges up and works one page of one of them off.
    func apply(_ broker: SimulatedBroker, _ random: inout SeededGenerator, now: ContinuousClock.Instant) throws {
        guard let queue else { return }
        for taken in queue.takePurges(random.number(0...4)) {
            let place = SimulatedBroker.Place(partition: taken.key.partition, offset: taken.key.offset)
            // A flush names whatever is there.
            let isFlush = flushes.contains(taken.key)
            let pages = isFlush ? Array(files.keys) : Array((broker.entries[place]?.versions ?? [:]).keys)
            if pages.isEmpty {
                try complete(taken.key, broker, queue)
                continue
            }
            active.append(Active(key: taken.key, pages: pages))
        }
        guard !active.isEmpty else { return }
        let index = random.number(0...active.count - 1)
        if let page = active[index].pages.popLast() { files[page] = nil }
        guard active[index].pages.isEmpty else { return }
        try complete(active.remove(at: index).key, broker, queue)
        noteWaiting(now)
    }

    private func complete(_ key: QueueKey, _ broker: SimulatedBroker, _ queue: PurgeQueue) throws {
        var batch = Change()
        queue.complete(key, into: &batch)
        try database.write(batch)
        guard queue.completed([key]).contains(key) else { return }
        // A flush stands just below the first offset that retention has left, and covers all before it.
        let isFlush = flushes.contains(key)
        for (place, entry) in broker.entries where place.partition == key.partition {
            guard isFlush ? place.offset <= key.offset : place.offset == key.offset else { continue }
            applied.insert(place)
            guards.append(entry.versions)
        }
        for page in Array(files.keys) { look(page) }
    }

    private func noteWaiting(_ now: ContinuousClock.Instant) {
        for progress in queue?.progress() ?? [] {
            if progress.applied >= progress.queued {
                waitingSince[progress.partition] = nil
            } else if waitingSince[progress.partition]?.offset != progress.applied {
                let since = waitingSince[progress.partition]?.since ?? now
                waitingSince[progress.partition] = (progress.applied, since)
            }
        }
    }

    // MARK: The fence

    /// One look of the fence's thread.
    func tick(now: ContinuousClock.Instant) {
        guard var machine, let queue else { return }
        noteWaiting(now)
        // What is in the queue says nothing as long as nobody knows where Kafka is.
        let readings = (isAssigned ? queue.progress() : []).map { progress in
            let waiting = waitingSince[progress.partition]
            let oldest = waiting.map { PartitionReading.Oldest(offset: $0.offset, since: $0.since) }
            return (progress.partition, PartitionReading(next: progress.queued, oldest: oldest))
        }
        let view = FenceStateMachine.View(partitions: Dictionary(readings) { $1 })
        for action in machine.advance(to: now, view: view, isSet: isFenced) {
            switch action {
            case .set: isFenced = true
            case .lift: isFenced = false
            case .announce: break
            }
        }
        mayBeCountedOut = machine.mayBeCountedOut
        self.machine = machine
    }

    /// Leaves the set: fence and marker first, as the agent does it.
    func drain(now: ContinuousClock.Instant) {
        guard machine != nil else { return }
        (isFenced, mayBeCountedOut) = (true, true)
        machine?.drain(now: now)
    }

    func resume(now: ContinuousClock.Instant) { machine?.resume(now: now) }

    /// Asks where the partitions end; the answer comes with ``answer(now:)``.
    func ask(_ broker: SimulatedBroker, now: ContinuousClock.Instant) {
        guard isAlive, !isCutOff else { return }
        asked = PartitionEnds(askedAt: now, ends: broker.ends)
    }

    /// Says how far it is; that it is stored is known with ``answer(now:)``.
    func acknowledge(
        _ broker: inout SimulatedBroker, now: ContinuousClock.Instant, wall: Timestamp
    ) {
        guard let queue, let machine, !isCutOff else { return }
        var word = Acknowledgement(
            agent: name, instance: "\(name)/\(starts)", sentAt: wall, software: "simulation", cache: "none",
            status: isFenced ? .fenced : .live, fence: fence.mode, fenceAfter: fence.after,
            partitions: queue.progress())
        word.drained = machine.isDrained && isFenced
        broker.acknowledge(word)
        sent = (now, machine.version)
    }

    /// Answers of the broker arrive.
    func answer(now: ContinuousClock.Instant) {
        guard machine != nil, !isCutOff else { return }
        if let asked { machine?.take(asked) }
        if let sent { machine?.acknowledged(sentAt: sent.at, version: sent.version, now: now) }
        (asked, sent) = (nil, nil)
    }
}
