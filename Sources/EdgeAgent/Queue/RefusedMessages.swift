import PurgeModel
import Synchronization

/// The messages that are no purges, until it is known of each that a letter is in the dead-letter topic.
///
/// They have left the queue: their offsets are done, and neither purges nor what is told of them wait
/// (docs/decisions/0035-letters-in-bulk.md). A message comes in here in the write that moves the next offset to fetch,
/// so a crash loses none. What is kept is bounded by bytes: beyond a first bound only reasons and places are kept,
/// beyond a second one only the ranges in which the messages stand.
final class RefusedMessages: Sendable {
    /// So many offsets of a partition are sent by the same agent, if it is quick enough.
    struct Block: Hashable, Comparable, Sendable {
        var partition: Int32
        var number: Int64

        static func < (one: Block, other: Block) -> Bool {
            (one.partition, one.number) < (other.partition, other.number)
        }

        init(_ key: QueueKey) {
            partition = key.partition
            number = key.offset / 1000
        }
    }

    /// What is waiting.
    struct Summary: Equatable, Sendable {
        /// Letters.
        var count = 0
        /// Their bytes, as they are counted against the bound.
        var bytes = 0
        /// Letters among them that lack a part of their message.
        var cut = 0
    }

    /// Where bounds begin to hold, in bytes.
    struct Bounds: Sendable {
        /// Room for whole messages.
        var whole = 64 << 20
        /// Room for these and for reasons and places of others.
        var all = 80 << 20
    }

    private struct Entry {
        var bytes: Int
        var fingerprint: UInt64?
        var isCut: Bool
    }

    private struct Waiting {
        /// From when on its turn is counted.
        var since: ContinuousClock.Instant
        var entries: [QueueKey: Entry] = [:]
    }

    /// Messages of a partition for which there is one letter.
    private struct Run {
        let first: QueueKey
        var last: Int64
        var count = 0

        /// Whether a message is among those that it counts.
        func covers(_ key: QueueKey) -> Bool {
            key.epoch == first.epoch && key.offset >= first.offset && key.offset <= last
        }

        var letter: Letter { Letter(messages: count, from: first, to: last) }
    }

    private struct State {
        var blocks: [Block: Waiting] = [:]
        var summary = Summary()
        var epochs: Set<UInt32> = []
        /// The one of each partition that still grows.
        var runs: [Int32: Run] = [:]

        mutating func add(_ key: QueueKey, _ entry: Entry, now: ContinuousClock.Instant) {
            remove(key)
            blocks[Block(key), default: Waiting(since: now)].entries[key] = entry
            epochs.insert(key.epoch)
            summary.count += 1
            summary.bytes += entry.bytes
            if entry.isCut { summary.cut += 1 }
        }

        mutating func remove(_ key: QueueKey) {
            let block = Block(key)
            guard let entry = blocks[block]?.entries.removeValue(forKey: key) else { return }
            if blocks[block]?.entries.isEmpty == true { blocks[block] = nil }
            if runs[key.partition]?.first == key { runs[key.partition] = nil }
            summary.count -= 1
            summary.bytes -= entry.bytes
            if entry.isCut { summary.cut -= 1 }
        }
    }

    private let database: AgentDatabase
    private let bounds: Bounds
    private let state: Mutex<State>

    /// What an entry takes besides its letter: its key, on disk and in memory, and its place in a block.
    private static let entryBytes = 200

    /// Reads back what an earlier run left.
    init(_ database: AgentDatabase, bounds: Bounds = Bounds(), now: ContinuousClock.Instant) throws {
        self.database = database
        self.bounds = bounds
        var state = State()
        try database.refused.scan(from: [], to: nil, keepsBlocksCached: false) { key, value in
            let bytes = value.copy()
            let letter = try Letter(decoding: bytes)
            state.add(try QueueKey(decoding: key.copy()), Self.entry(letter, bytes: bytes.count), now: now)
            return true
        }
        self.state = Mutex(state)
    }

    /// Whether nothing waits.
    var isEmpty: Bool { state.withLock { $0.blocks.isEmpty } }

    var summary: Summary { state.withLock { $0.summary } }

    // MARK: Coming in

    /// Takes in a message of which the queue is done with the next write; the same one again changes nothing.
    func put(
        _ key: QueueKey, _ message: QueuedMessage, _ refusal: PurgeEventError, now: ContinuousClock.Instant,
        into change: inout Change
    ) {
        var letter = Letter(message, refusal: refusal, key: key)
        state.withLock { state in
            let run = state.runs[key.partition].flatMap { $0.covers(key) ? $0 : nil }
            // One whose write failed comes again.
            let isKnown = run != nil || state.blocks[Block(key)]?.entries[key] != nil
            var bytes = letter.encoded()
            if !isKnown, state.summary.bytes + bytes.count > bounds.whole {
                while letter.cut() {}
                bytes = letter.encoded()
            }
            guard isKnown || state.summary.bytes + bytes.count <= bounds.all else {
                return extend(key, &state, now: now, into: &change)
            }
            if let run { return write(run, into: &change) }
            state.add(key, Self.entry(letter, bytes: bytes.count), now: now)
            change.put(key.encoded(), bytes, in: database.refused)
        }
    }

    /// Adds a message to the run of its partition, or begins one.
    private func extend(
        _ key: QueueKey, _ state: inout State, now: ContinuousClock.Instant, into change: inout Change
    ) {
        var run = state.runs[key.partition] ?? Run(first: key, last: key.offset)
        if run.first.epoch != key.epoch { run = Run(first: key, last: key.offset) }
        run.last = max(run.last, key.offset)
        run.count += 1
        let isNew = run.count == 1
        if isNew { state.add(key, Self.entry(run.letter, bytes: run.letter.encoded().count), now: now) }
        state.runs[key.partition] = run
        write(run, into: &change)
    }

    private func write(_ run: Run, into change: inout Change) {
        change.put(run.first.encoded(), run.letter.encoded(), in: database.refused)
    }

    private static func entry(_ letter: Letter, bytes: Int) -> Entry {
        Entry(bytes: bytes + entryBytes, fingerprint: letter.about.fingerprint, isCut: !letter.about.lost.isNothing)
    }

    // MARK: Going out

    /// The letters whose turn has come, oldest block first; they stay until they are settled.
    ///
    /// - Parameters:
    ///   - turn: how long a block waits.
    ///   - count: letters at most.
    ///   - bytes: bytes at most; one letter may have more.
    func due(
        _ now: ContinuousClock.Instant, turn: (Block) -> Duration, count: Int, bytes: Int
    ) throws -> [(key: QueueKey, letter: Letter)] {
        let keys = state.withLock { state in
            let blocks = state.blocks.filter { $0.value.since + turn($0.key) <= now }
                .sorted { one, other in
                    let (first, second) = (one.value.since + turn(one.key), other.value.since + turn(other.key))
                    return first == second ? one.key < other.key : first < second
                }
            var keys: [QueueKey] = []
            var left = bytes
            for block in blocks where keys.count < count && left > 0 {
                for key in block.value.entries.keys.sorted(by: { ($0.epoch, $0.offset) < ($1.epoch, $1.offset) }) {
                    guard keys.count < count, left > 0 else { break }
                    keys.append(key)
                    left -= block.value.entries[key]?.bytes ?? 0
                    // What is on its way grows no more.
                    if state.runs[key.partition]?.first == key { state.runs[key.partition] = nil }
                }
            }
            return keys
        }
        var letters: [(QueueKey, Letter)] = []
        var missing: [QueueKey] = []
        for (key, value) in zip(keys, try database.refused.values(keys.map { $0.encoded() })) {
            if let value { letters.append((key, try Letter(decoding: value))) } else { missing.append(key) }
        }
        // Those are being written at this moment.
        if !missing.isEmpty { postpone(Set(missing.map(Block.init)), now) }
        return letters
    }

    /// How long until a turn comes; nil when nothing waits.
    func patience(_ now: ContinuousClock.Instant, turn: (Block) -> Duration) -> Duration? {
        state.withLock { state in
            state.blocks.map { max(.zero, now.duration(to: $0.value.since + turn($0.key))) }.min()
        }
    }

    /// The message of which somebody's letter has been seen; nil when it does not wait, or was another one.
    func key(of letter: LetterPlace) -> QueueKey? {
        state.withLock { state in
            state.epochs.lazy.map { QueueKey(partition: letter.partition, epoch: $0, offset: letter.offset) }
                .first { key in
                    guard let entry = state.blocks[Block(key)]?.entries[key] else { return false }
                    return entry.fingerprint == letter.fingerprint
                }
        }
    }

    /// Forgets messages whose letters are in the topic, or can never be; by one write.
    func settle(_ keys: [QueueKey]) throws {
        guard !keys.isEmpty else { return }
        try database.write { change in
            for key in keys { change.delete(key.encoded(), in: database.refused) }
        }
        state.withLock { state in
            for key in keys { state.remove(key) }
        }
    }

    /// Begins to count turns anew: Kafka did not take letters, and takes them from everybody when it does.
    func postpone(_ now: ContinuousClock.Instant) {
        postpone(state.withLock { Set($0.blocks.keys) }, now)
    }

    private func postpone(_ blocks: Set<Block>, _ now: ContinuousClock.Instant) {
        state.withLock { state in
            for block in blocks { state.blocks[block]?.since = now }
        }
    }
}
