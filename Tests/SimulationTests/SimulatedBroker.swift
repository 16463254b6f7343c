import PurgeModel
import Synchronization

/// Kafka, as far as the promises depend on it: an ordered log of purges in each partition, and what agents have said.
final class SimulatedBroker: Sendable {
    /// One purge, and what it makes out of date.
    struct Entry {
        var event: PurgeEvent
        /// The pages it names, and the version each must have.
        var versions: [Int: Int]
        /// When it was accepted, and how far the wall clocks were set by then, in simulated milliseconds.
        var accepted: Int64
        var jump: Int64
        /// The message.
        var value: [UInt8]
        var key: [UInt8] { Array(event.zone.utf8) }
        var timestamp: Int64 { event.acceptedAt.milliseconds }
    }

    /// Where a purge is.
    struct Place: Hashable {
        var partition: Int32
        var offset: Int64
    }

    private struct State {
        var entries: [Place: Entry] = [:]
        var ends: [Int32: Int64] = [:]
        var lows: [Int32: Int64] = [:]
        var acknowledgements: [Acknowledgement] = []
    }

    let partitionCount: Int32
    private let state: Mutex<State>

    init(partitionCount: Int32) {
        self.partitionCount = partitionCount
        var state = State()
        for partition in 0..<partitionCount { (state.ends[partition], state.lows[partition]) = (0, 0) }
        self.state = Mutex(state)
    }

    /// All purges that were ever accepted.
    var entries: [Place: Entry] { state.withLock { $0.entries } }
    /// The offset after the last purge of each partition.
    var ends: [Int32: Int64] { state.withLock { $0.ends } }
    /// The oldest offset of each partition that retention has left.
    var lows: [Int32: Int64] { state.withLock { $0.lows } }
    var acknowledgements: [Acknowledgement] { state.withLock { $0.acknowledgements } }

    func append(_ entry: Entry, to partition: Int32) -> Place {
        state.withLock { state in
            let place = Place(partition: partition, offset: state.ends[partition] ?? 0)
            state.entries[place] = entry
            state.ends[partition] = place.offset + 1
            return place
        }
    }

    func acknowledge(_ acknowledgement: Acknowledgement) {
        state.withLock { $0.acknowledgements.append(acknowledgement) }
    }

    /// Retention: everything below is gone for those who have not read it.
    func truncate(_ partition: Int32, to offset: Int64) {
        state.withLock { state in
            state.lows[partition] = min(max(state.lows[partition] ?? 0, offset), state.ends[partition] ?? 0)
        }
    }

    /// Up to `limit` purges from an offset; nil when that is out of range.
    func read(_ partition: Int32, from offset: Int64, limit: Int) -> [(offset: Int64, entry: Entry)]? {
        state.withLock { state in
            let (low, end) = (state.lows[partition] ?? 0, state.ends[partition] ?? 0)
            guard (low...end).contains(offset) else { return nil }
            return (offset..<min(end, offset + Int64(limit))).compactMap { offset in
                state.entries[Place(partition: partition, offset: offset)].map { (offset, $0) }
            }
        }
    }
}
