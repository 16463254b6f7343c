import Foundation
import Kafka
import PurgeModel

@testable import ControlPlane

/// Ready-made values that tests start from.
enum Samples {
    static let zoneID = "023e105f4ecef8ad9ca31a8372d0c353"
    static let otherZoneID = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

    static func zones() throws -> ZoneTable {
        let scope = Scope([
            .exact(try HostName(validating: "example.com")), .subdomains(try HostName(validating: "example.com")),
        ])
        return try ZoneTable([
            try Zone(id: zoneID, name: "example.com", scope: scope),
            try Zone(id: otherZoneID, name: "other.org", scope: Scope([.exact(try HostName(validating: "other.org"))])),
        ])
    }

    /// The body of a purge of one selector.
    static func list(_ field: String, _ values: [String]) -> String {
        #"{"\#(field)":[\#(values.map { "\"\($0)\"" }.joined(separator: ","))]}"#
    }

    static func id(_ number: Int) throws -> PurgeID {
        let digits = String(number, radix: 16)
        guard let id = PurgeID(String(repeating: "0", count: 32 - digits.count) + digits) else { throw SampleError() }
        return id
    }

    static func event(_ number: Int, acceptedAt: Int64 = 1_700_000_000_000) throws -> PurgeEvent {
        PurgeEvent(
            id: try id(number), zone: zoneID, scope: .all,
            selectors: Selectors(tags: [try CacheTag(validating: "t\(number)")]),
            acceptedAt: Timestamp(milliseconds: acceptedAt), source: "test")
    }

    /// An acknowledgement; what is not given does not matter to the test.
    static func acknowledgement(
        _ agent: String, instance: String = "i1", machine: String? = nil, sentAt: Int64 = 1_700_000_000_000,
        applied: [Int32: Int64] = [:],
        ranges: [Int32: [ClosedRange<Int64>]] = [:], effective: [Int32: Int64] = [:], fence: FenceMode = .start,
        status: AgentStatus = .live,
        recent: [RecentPurge] = [], drained: Bool = false, marks: [Int32: MessageMark] = [:], flushes: Int64 = 0,
        tier: AgentTier? = nil
    ) -> Acknowledgement {
        Acknowledgement(
            agent: agent, instance: instance, machine: machine, sentAt: Timestamp(milliseconds: sentAt),
            software: "edge-purge/test", tier: tier, cache: "nginx", status: status, drained: drained, fence: fence,
            fenceAfter: .seconds(10),
            partitions: applied.keys.sorted().map { partition in
                let next = applied[partition] ?? 0
                let queued = max(next, effective[partition] ?? 0)
                return PartitionProgress(
                    partition: partition, queued: queued, applied: next, appliedRanges: ranges[partition] ?? [],
                    effective: effective[partition], highWatermark: queued, mark: marks[partition])
            }, counts: AcknowledgementCounts(flushes: flushes), recent: recent)
    }

    /// The identity of a machine.
    static func machine(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: Acknowledgement.machineDigits - digits.count) + digits
    }

    static func result(
        _ partition: Int32, _ offset: Int64, removed: Int, appliedAt: Int64 = 1_700_000_000_500
    ) -> RecentPurge {
        RecentPurge(
            partition: partition, offset: offset, removed: removed, bytes: Int64(removed) * 100,
            appliedAt: Timestamp(milliseconds: appliedAt), took: .microseconds(700))
    }

    /// A moment `seconds` into a test.
    static func instant(_ seconds: Double) -> CollectorInstant {
        CollectorInstant(
            monotonic: .milliseconds(Int64(seconds * 1000)),
            wall: Timestamp(milliseconds: 1_700_000_000_000 + Int64(seconds * 1000)))
    }

    static func configuration() throws -> ControlConfiguration {
        ControlConfiguration(kafka: KafkaConfiguration(bootstrapServers: "127.0.0.1:1"), zones: try zones())
    }
}

/// A sample could not be made: a defect of the test.
struct SampleError: Error {}

extension CollectorState {
    /// A collector that has read both topics to their ends, with these words in `purge.acks`.
    static func ready(_ words: [Acknowledgement]) -> CollectorState {
        var state = CollectorState(settings: .init(keepsHistory: true))
        state.purgesCaughtUp()
        for word in words { state.receive(word, now: Samples.instant(0)) }
        state.acknowledgementsCaughtUp(at: Samples.instant(0))
        return state
    }

    /// Reads the first purge of the topic.
    mutating func addPurge(at seconds: Double) throws {
        receive(
            try Samples.event(1), bytes: 1, at: PurgePosition(partition: 0, offset: 0), now: Samples.instant(seconds))
    }

    /// The purges that became confirmed since the last call.
    mutating func takeConfirmed() -> [PurgeID] { takeReached(.confirmed) }

    /// Lets time pass for a collector that has read all acknowledgements there are.
    mutating func letTimePass(to now: CollectorInstant) {
        provedRead(acksPartition: 0, to: now.monotonic)
        advance(to: now)
    }
}
