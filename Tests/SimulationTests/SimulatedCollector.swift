import PurgeModel

@testable import ControlPlane

/// The real collector state, reading the broker at its own pace.
struct SimulatedCollector {
    private(set) var state = CollectorState()
    private var eventsRead: [Int32: Int64] = [:]
    private var acknowledgementsRead = 0

    /// A new process reads both topics from their beginnings; of acknowledgements compaction has left the last of each
    /// agent.
    init(_ broker: SimulatedBroker, at now: CollectorInstant) {
        for partition in 0..<broker.partitionCount { eventsRead[partition] = broker.lows[partition] }
        while readEvents(broker, limit: .max, now: now) {}
        state.purgesCaughtUp()
        var last: [String: Acknowledgement] = [:]
        for word in broker.acknowledgements { last[word.agent] = word }
        for word in last.values { state.receive(word, now: now) }
        acknowledgementsRead = broker.acknowledgements.count
        state.acknowledgementsCaughtUp(at: now)
    }

    /// Reads purges; false when there were none.
    @discardableResult
    mutating func readEvents(_ broker: SimulatedBroker, limit: Int, now: CollectorInstant) -> Bool {
        var hasRead = false
        for partition in 0..<broker.partitionCount {
            let next = max(eventsRead[partition] ?? 0, broker.lows[partition] ?? 0)
            let end = broker.ends[partition] ?? 0
            for (offset, entry) in broker.read(partition, from: next, limit: min(limit, Int(end - next))) ?? [] {
                let position = PurgePosition(partition: partition, offset: offset)
                let mark = MessageMark(
                    offset: offset, timestamp: entry.timestamp, key: entry.key, value: entry.value)
                guard state.foundMessage(mark, in: partition) else { return true }
                state.receive(entry.event, bytes: 100, at: position, now: now)
                eventsRead[partition] = offset + 1
                hasRead = true
            }
        }
        return hasRead
    }

    /// Reads up to `limit` acknowledgements; at the end of them it is proved to know all that was said.
    mutating func readAcknowledgements(_ broker: SimulatedBroker, limit: Int, now: CollectorInstant) {
        for word in broker.acknowledgements[acknowledgementsRead...].prefix(limit) {
            state.receive(word, now: now)
            acknowledgementsRead += 1
        }
        if acknowledgementsRead == broker.acknowledgements.count {
            state.provedRead(acksPartition: 0, to: now.monotonic)
        }
    }

    /// How far tiers are that others fill from.
    mutating func tierWords(at now: CollectorInstant) -> [TierWord] { state.tierWords(at: now) }

    mutating func advance(to now: CollectorInstant) { state.advance(to: now) }

    mutating func takeReached(_ milestone: Milestone) -> [PurgeID] { state.takeReached(milestone) }
}
