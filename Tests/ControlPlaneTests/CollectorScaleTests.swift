import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// The confirmation rule with 10,000 agents in regions, of which some lose acknowledgements and some are cut off.
@Suite(.timeLimit(.minutes(5))) struct CollectorScaleTests {
    private static let agentCount = 10_000
    private static let regionCount = 20
    /// Cut off all the time after the first round; its agents fence themselves.
    private static let lostRegion = 0
    /// Cut off for a while; its agents do not.
    private static let awayRegion = 1
    private static let pause = 4.0

    /// One machine, as it really is.
    private struct Machine {
        let name: String
        let region: Int
        let fence: FenceMode
        /// Everything below is applied.
        var applied: Int64 = 0
        /// When Kafka took its last acknowledgement.
        var spokenAt = 0.0

        /// Whether visitors can get nothing of a purge any more: applied, or its fence is set because Kafka is out of
        /// reach for the lease.
        func isClean(of offset: Int64, at seconds: Double) -> Bool {
            applied > offset || (fence == .cutOff && seconds - spokenAt >= 10)
        }

        var word: Acknowledgement { Samples.acknowledgement(name, applied: [0: applied], fence: fence) }
    }

    /// The machines, what is in Kafka, and a collector that reads it.
    private struct Fleet {
        var machines = (0..<agentCount).map { number in
            let region = number % regionCount
            let fences = region == lostRegion || (region != awayRegion && number.isMultiple(of: 3))
            return Machine(name: "edge-\(number)", region: region, fence: fences ? .cutOff : .behind)
        }
        var state = CollectorState()
        var generator: SeededGenerator
        var seconds = 0.0
        var events: [PurgeEvent] = []
        var confirmed: [PurgeID: Double] = [:]
        var now: CollectorInstant { Samples.instant(seconds) }

        init(seed: UInt64) {
            generator = SeededGenerator(seed: seed)
            for machine in machines { state.receive(machine.word, now: now) }
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
        }

        mutating func purge() throws -> PurgeID {
            let event = try Samples.event(events.count + 1, acceptedAt: now.wall.milliseconds)
            state.receive(event, bytes: 100, at: PurgePosition(partition: 0, offset: Int64(events.count)), now: now)
            events.append(event)
            return event.id
        }

        /// Every machine that Kafka is in reach of applies what it has got so far and says so; one in `losing` words is
        /// lost.
        mutating func round(cutOff: Set<Int>, losing: Int?) throws {
            seconds += pause
            for index in machines.indices where !cutOff.contains(machines[index].region) {
                let behind = losing == nil ? 0 : Int64.random(in: 0...2, using: &generator)
                machines[index].applied = max(machines[index].applied, Int64(events.count) - behind)
                if let losing, generator.once(in: losing) { continue }
                machines[index].spokenAt = seconds
                state.receive(machines[index].word, now: now)
                if index.isMultiple(of: 1000) { try judge() }
            }
            state.letTimePass(to: now)
            try judge()
        }

        /// What is confirmed must be gone from every machine, by what the machines know and not by what the collector
        /// heard.
        private mutating func judge() throws {
            for id in state.takeConfirmed() {
                let offset = try #require(events.firstIndex { $0.id == id })
                let dirty = machines.first { !$0.isClean(of: Int64(offset), at: seconds) }
                #expect(dirty == nil, "purge \(offset) was confirmed at \(seconds) s without \(dirty?.name ?? "")")
                confirmed[id] = seconds
            }
        }
    }

    @Test func `10,000 agents with losses and cut off regions are waited for exactly as long as they must be`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var fleet = Fleet(seed: seed)
        let first = try fleet.purge()
        try fleet.round(cutOff: [], losing: nil)
        #expect(fleet.confirmed[first] != nil)

        let second = try fleet.purge()
        try fleet.round(cutOff: [Self.lostRegion, Self.awayRegion], losing: 5)
        _ = try fleet.purge()
        // Longer than lease and margin: the lost region is safe by now, the other one may serve what it has.
        while fleet.seconds < 18 { try fleet.round(cutOff: [Self.lostRegion, Self.awayRegion], losing: 5) }
        let status = try #require(fleet.state.status(of: second, now: fleet.now))
        #expect(fleet.confirmed[second] == nil, "seed \(seed)")
        #expect(
            status.agents.expected == Self.agentCount && status.agents.safe >= 500, "\(status.agents), seed \(seed)")
        #expect(status.agents.missing >= 500, "\(status.agents), seed \(seed)")

        // It is back; the lost one never is.
        try fleet.round(cutOff: [Self.lostRegion], losing: nil)
        #expect(fleet.confirmed.count == 3, "seed \(seed)")

        // A collector that starts over, with the lost region retired, has only the last word of each agent and says the
        // same.
        var fresh = CollectorState()
        for (offset, event) in fleet.events.enumerated() {
            fresh.receive(event, bytes: 100, at: PurgePosition(partition: 0, offset: Int64(offset)), now: fleet.now)
        }
        fresh.purgesCaughtUp()
        for machine in fleet.machines where machine.region != Self.lostRegion {
            fresh.receive(machine.word, now: fleet.now)
        }
        fresh.acknowledgementsCaughtUp(at: fleet.now)
        let again = try #require(fresh.status(of: second, now: fleet.now))
        #expect(again.state == .confirmed && again.agents.applied == Self.agentCount - 500, "\(again.agents)")
    }
}
