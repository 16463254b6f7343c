import Foundation
import LinuxFiles
import Synchronization

/// Remembers how far each partition had been applied a while ago, so that what a power loss took back can be applied
/// again.
///
/// A purge marks cache files, and the kernel writes the marks to the disk when it likes. What was applied before the
/// window is on the disk; what was applied within it may come back after a power loss, and is read from Kafka once more
/// then (docs/decisions/0012-replay-after-power-loss.md). Durations are monotonic. A start begins with what the file
/// says, so that restarts lengthen what is replayed, and never shorten it.
final class ReplayWindow: Sendable {
    private struct State {
        /// What is written: where a replay begins.
        var settled: [Int32: QueuePosition]
        /// How far each partition was at some moments since the start, oldest first.
        var samples: [(taken: ContinuousClock.Instant, positions: [Int32: QueuePosition])] = []
        var isWritten = false
    }

    private let path: String
    private let bootID: String
    private let window: Duration
    private let state: Mutex<State>

    /// Moments remembered in a window: a replay is longer than the window by at most a part of it.
    private static let samplesInWindow = 60

    /// - Parameter settled: where each partition's replay begins, as an earlier run left it.
    init(path: String, bootID: String, window: Duration, settled: [QueuePosition]) {
        self.path = path
        self.bootID = bootID
        self.window = window
        state = Mutex(State(settled: Dictionary(settled.map { ($0.partition, $0) }) { $1 }))
    }

    /// Where a replay would begin.
    var settled: [QueuePosition] { state.withLock { $0.settled.values.sorted { $0.partition < $1.partition } } }

    /// Takes note of how far each partition is now; writes the file when that moves the beginning of a replay.
    ///
    /// Called about once a second, and for a new partition before anything of it is applied.
    ///
    /// - Throws: `FileError` when the file cannot be written; the next call tries again. An old file makes a replay
    ///   longer, never shorter.
    func note(_ positions: [QueuePosition], now: ContinuousClock.Instant) throws {
        try state.withLock { state in
            for position in positions where state.settled[position.partition]?.epoch != position.epoch {
                state.settled[position.partition] = position
                state.isWritten = false
            }
            let interval = window / Self.samplesInWindow
            if state.samples.last.map({ $0.taken.duration(to: now) >= interval }) ?? true {
                state.samples.append((now, Dictionary(positions.map { ($0.partition, $0) }) { $1 }))
            }
            while let oldest = state.samples.first, oldest.taken.duration(to: now) >= window {
                state.samples.removeFirst()
                for (partition, position) in oldest.positions {
                    guard let settled = state.settled[partition], settled.epoch == position.epoch,
                        settled.offset < position.offset
                    else { continue }
                    state.settled[partition] = position
                    state.isWritten = false
                }
            }
            if !state.isWritten { try write(&state, isClean: false) }
        }
    }

    /// Forgets a partition whose offsets start over; whoever finds none here after a power loss has to flush.
    ///
    /// Called before the queue writes that they do, so that the offsets of before are never taken for those of after.
    func forget(_ partition: Int32) throws {
        try state.withLock { state in
            state.settled[partition] = nil
            for index in state.samples.indices { state.samples[index].positions[partition] = nil }
            try write(&state, isClean: false)
        }
    }

    /// Says that everything applied so far is on the disk: no replay is needed, whatever happens to the machine after
    /// this.
    func stopped() throws {
        try state.withLock { try write(&$0, isClean: true) }
    }

    private func write(_ state: inout State, isClean: Bool) throws {
        state.isWritten = false
        let positions = state.settled.values.sorted { $0.partition < $1.partition }
        let file = PositionsFile(bootID: bootID, isClean: isClean, partitions: positions)
        try SmallFile.replace(path, with: try file.encoded())
        state.isWritten = true
    }
}
