import PurgeModel
import Testing

@testable import EdgeAgent

@Suite struct FenceStateMachineTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func machine(
        _ mode: FenceMode, watchdog: Duration = .zero, mayBeCountedOut: Bool = false, isHeld: Bool = false,
        isSet: Bool = false
    ) -> FenceStateMachine {
        FenceStateMachine(
            settings: .init(mode: mode, after: .seconds(10), watchdog: watchdog), mayBeCountedOut: mayBeCountedOut,
            isHeld: isHeld, isSet: isSet, now: start)
    }

    /// One partition, read and applied up to `next`, or with a purge that waits.
    private func view(next: Int64, waiting: (offset: Int64, since: Double)? = nil) -> FenceStateMachine.View {
        FenceStateMachine.View(partitions: [
            0: PartitionReading(next: next, oldest: waiting.map { .init(offset: $0.offset, since: at($0.since)) })
        ])
    }

    private func ends(_ end: Int64, askedAt: Double) -> PartitionEnds {
        PartitionEnds(askedAt: at(askedAt), ends: [0: end])
    }

    @Test func `start fences from the start until everything is applied that was in Kafka`() {
        var machine = machine(.start)
        #expect(machine.advance(to: at(0), view: .init(), isSet: false) == [.set(.catchingUp), .announce])
        #expect(machine.advance(to: at(1), view: view(next: 5), isSet: true) == [], "nobody knows how much there is")
        machine.take(ends(7, askedAt: 1.5))
        #expect(machine.advance(to: at(2), view: view(next: 5), isSet: true) == [])
        #expect(machine.advance(to: at(3), view: view(next: 9, waiting: (6, 2)), isSet: true) == [])
        var scanning = view(next: 9)
        scanning.isScanning = true
        #expect(machine.advance(to: at(4), view: scanning, isSet: true) == [])
        #expect(machine.advance(to: at(5), view: view(next: 9, waiting: (7, 2)), isSet: true) == [.lift, .announce])
        // What `start` does not promise.
        #expect(machine.advance(to: at(500), view: view(next: 9, waiting: (7, 2)), isSet: false) == [])
        #expect(!machine.mayBeCountedOut)
    }

    @Test func `a partition that is not read yet keeps the fence up`() {
        var machine = machine(.start)
        machine.take(PartitionEnds(askedAt: at(1), ends: [0: 5, 1: 0]))
        #expect(machine.advance(to: at(2), view: view(next: 5), isSet: true) == [.set(.catchingUp), .announce])
        #expect(machine.isFenced)
    }

    @Test func `behind fences while a purge has waited for too long, and no longer`() {
        var machine = machine(.behind)
        machine.take(ends(0, askedAt: 0.5))
        #expect(machine.advance(to: at(1), view: view(next: 0), isSet: true).contains(.lift))
        #expect(machine.advance(to: at(20), view: view(next: 3, waiting: (2, 10)), isSet: false) == [])
        #expect(
            machine.advance(to: at(20.1), view: view(next: 3, waiting: (2, 10)), isSet: false)
                == [.set(.behind), .announce])
        #expect(machine.advance(to: at(21), view: view(next: 3), isSet: true) == [], "what came since is not known")
        machine.take(ends(3, askedAt: 21.5))
        #expect(machine.advance(to: at(22), view: view(next: 3), isSet: true) == [.lift, .announce])
    }

    /// Attack: only queued purges counted; those that were in Kafka and could not be read did not.
    @Test func `behind counts what is in Kafka and was not read`() {
        var machine = machine(.behind)
        machine.take(ends(0, askedAt: 0.5))
        #expect(machine.advance(to: at(1), view: view(next: 0), isSet: true).contains(.lift))
        #expect(machine.needsEnds)
        // Three are there, and reading stands still.
        machine.take(ends(3, askedAt: 10))
        machine.take(ends(5, askedAt: 15))
        #expect(machine.advance(to: at(19), view: view(next: 0), isSet: false) == [])
        #expect(machine.advance(to: at(20.1), view: view(next: 2), isSet: false) == [.set(.behind), .announce])
        machine.take(ends(5, askedAt: 21))
        #expect(machine.advance(to: at(22), view: view(next: 5), isSet: true) == [.lift, .announce])
    }

    @Test func `a Kafka that is away does not make an agent behind that had read all`() {
        var machine = machine(.behind)
        machine.take(ends(4, askedAt: 0.5))
        #expect(machine.advance(to: at(1), view: view(next: 4), isSet: true).contains(.lift))
        machine.take(ends(4, askedAt: 2))
        #expect(machine.advance(to: at(2.1), view: view(next: 4), isSet: false) == [])
        var doubtful = view(next: 4)
        doubtful.partitions[0]?.isCertain = false
        #expect(machine.advance(to: at(500), view: doubtful, isSet: false) == [])
    }

    /// Attack: an open transaction held purges back for minutes, and no fence was set.
    @Test(arguments: [FenceMode.behind, .cutOff])
    func `what an open transaction holds back counts as waiting`(mode: FenceMode) {
        var machine = machine(mode)
        var now = 1.0
        if mode == .cutOff {
            now = live(&machine)
        } else {
            machine.take(ends(4, askedAt: 0.5))
            _ = machine.advance(to: at(1), view: view(next: 4), isSet: true)
        }
        #expect(!machine.isFenced)
        var held = view(next: 4)
        held.partitions[0]?.unread = .init(end: 6, since: at(now))
        while now < 12 {
            now += 0.5
            machine.take(ends(4, askedAt: now))
            machine.acknowledged(sentAt: at(now), version: machine.version, now: at(now))
            _ = machine.advance(to: at(now), view: held, isSet: false)
        }
        #expect(machine.isFenced && machine.reason == .behind)
    }

    @Test func `an agent is not up to date while something is held back, or a partition may be another one`() {
        var machine = machine(.start)
        machine.take(ends(4, askedAt: 0.5))
        var held = view(next: 4)
        held.partitions[0]?.unread = .init(end: 6, since: at(0.6))
        #expect(machine.advance(to: at(1), view: held, isSet: true) == [.set(.catchingUp), .announce])
        var doubtful = view(next: 4)
        doubtful.partitions[0]?.isCertain = false
        #expect(machine.advance(to: at(2), view: doubtful, isSet: true) == [])
        #expect(machine.advance(to: at(3), view: view(next: 4), isSet: true) == [.lift, .announce])
    }

    /// Brings a `cut_off` machine into service; answers when it was.
    private func live(_ machine: inout FenceStateMachine) -> Double {
        _ = machine.advance(to: at(0), view: view(next: 0), isSet: false)
        machine.acknowledged(sentAt: at(0.1), version: machine.version, now: at(0.2))
        machine.take(ends(0, askedAt: 1))
        #expect(machine.advance(to: at(1), view: view(next: 0), isSet: true) == [], "others may not know yet")
        machine.take(ends(4, askedAt: 2.2))
        #expect(machine.advance(to: at(2.3), view: view(next: 3), isSet: true) == [], "confirmed without us, perhaps")
        #expect(machine.advance(to: at(2.4), view: view(next: 4), isSet: true) == [.lift, .announce])
        return 2.4
    }

    @Test func `cut_off comes into service only when everybody knows that it is there`() {
        var machine = machine(.cutOff)
        _ = live(&machine)
        #expect(machine.mayBeCountedOut)
    }

    @Test func `cut_off fences when its lease runs out, by acknowledgements or by reading`() {
        for isRead in [true, false] {
            var machine = machine(.cutOff)
            let liveAt = live(&machine)
            if isRead { machine.take(ends(4, askedAt: liveAt)) }
            if !isRead { machine.acknowledged(sentAt: at(liveAt), version: machine.version, now: at(liveAt)) }
            // The older of the two touches is that of 0.1 (sent), or that of 2.2 (read).
            let lease = (isRead ? 0.1 : 2.2) + 9.5
            #expect(machine.advance(to: at(lease - 0.01), view: view(next: 4), isSet: false) == [])
            #expect(
                machine.advance(to: at(lease + 0.01), view: view(next: 4), isSet: false) == [
                    .set(.outOfTouch), .announce,
                ])
        }
    }

    @Test func `whoever stands still at the last moment is ended by the watchdog before the lease is over`() {
        var machine = machine(.cutOff, watchdog: .seconds(5))
        let liveAt = live(&machine)
        machine.take(ends(4, askedAt: liveAt))
        machine.acknowledged(sentAt: at(liveAt), version: machine.version, now: at(liveAt))
        #expect(machine.advance(to: at(liveAt + 4.49), view: view(next: 4), isSet: false) == [])
        let actions = machine.advance(to: at(liveAt + 4.51), view: view(next: 4), isSet: false)
        #expect(actions.first == .set(.outOfTouch))
    }

    @Test(arguments: [(0, 10, 9.5), (5, 10, 4.5), (8, 10, 1.5), (60, 10, 1.5), (0, 2, 1.5), (5, 2, 1.5), (0, 3, 2.5)])
    func `what is left of the lease leaves time for the watchdog, and for an acknowledgement`(
        watchdog: Int, after: Int, lease: Double
    ) {
        let settings = FenceStateMachine.Settings(
            mode: .cutOff, after: .seconds(after), watchdog: .seconds(watchdog))
        #expect(settings.lease == .seconds(lease))
    }

    @Test func `a lease that ran out between two looks has run out`() {
        var machine = machine(.cutOff)
        _ = live(&machine)
        machine.take(ends(4, askedAt: 59.9))
        machine.acknowledged(sentAt: at(59.9), version: machine.version, now: at(60))
        #expect(machine.isFenced)
        #expect(machine.advance(to: at(60), view: view(next: 4), isSet: false).contains(.set(.outOfTouch)))
        #expect(machine.advance(to: at(60.1), view: view(next: 4), isSet: true) == [])
    }

    @Test func `what was proven before an outage counts no more after it`() {
        var machine = machine(.cutOff)
        _ = live(&machine)
        _ = machine.advance(to: at(20), view: view(next: 4), isSet: false)
        let version = machine.version
        machine.acknowledged(sentAt: at(21), version: version, now: at(21))
        machine.take(ends(4, askedAt: 21))
        machine.take(ends(9, askedAt: 23.5))
        #expect(machine.advance(to: at(24), view: view(next: 5), isSet: true) == [])
        // Away again for an hour, in which others have confirmed what lies beyond 9.
        #expect(machine.advance(to: at(3000), view: view(next: 5), isSet: true) == [])
        machine.acknowledged(sentAt: at(3001), version: version, now: at(3001.1))
        machine.take(ends(12, askedAt: 3001))
        #expect(machine.advance(to: at(3002), view: view(next: 9), isSet: true) == [])
        #expect(machine.advance(to: at(3004), view: view(next: 12), isSet: true) == [], "that was the old version")
        machine.acknowledged(sentAt: at(3004), version: machine.version, now: at(3004.1))
        machine.take(ends(12, askedAt: 3006.2))
        #expect(machine.advance(to: at(3006.3), view: view(next: 12), isSet: true) == [.lift, .announce])
    }

    @Test func `a steady stream of purges does not keep a machine out`() {
        var machine = machine(.start)
        _ = machine.advance(to: at(0), view: view(next: 0), isSet: false)
        for step in 1...10 {
            let second = Double(step)
            machine.take(ends(Int64(100 * step), askedAt: second))
            let actions = machine.advance(
                to: at(second), view: view(next: Int64(100 * step), waiting: (Int64(100 * (step - 1)), second)),
                isSet: true)
            #expect(actions.contains(.lift) == (step == 2))
            if step == 2 { return }
        }
    }

    @Test func `a topic that is made anew is noticed`() {
        var machine = machine(.start)
        machine.take(ends(1000, askedAt: 1))
        _ = machine.advance(to: at(1), view: view(next: 0), isSet: true)
        machine.take(ends(2, askedAt: 2))
        #expect(machine.advance(to: at(3), view: view(next: 2), isSet: true).contains(.lift))
    }

    @Test func `held by hand is held until it is let go, whatever else happens`() {
        var machine = machine(.off, isHeld: true)
        #expect(machine.advance(to: at(0), view: .init(), isSet: false) == [.set(.held), .announce])
        #expect(machine.hasCaughtUp)
        machine.take(ends(0, askedAt: 1))
        #expect(machine.advance(to: at(2), view: view(next: 0), isSet: true) == [])
        machine.hold(false, now: at(3))
        #expect(machine.advance(to: at(3), view: view(next: 0), isSet: true) == [.lift, .announce])
    }

    @Test(arguments: FenceMode.allCases)
    func `drained stays out, and comes back the long way`(mode: FenceMode) {
        var machine = machine(mode)
        if mode == .cutOff {
            _ = live(&machine)
        } else {
            machine.take(ends(4, askedAt: 1))
            _ = machine.advance(to: at(2), view: view(next: 4), isSet: mode != .off)
        }
        #expect(!machine.isFenced)
        machine.drain(now: at(3))
        #expect(machine.advance(to: at(3), view: view(next: 4), isSet: true) == [.set(.drained), .announce])
        let drainedVersion = machine.version
        machine.acknowledged(sentAt: at(3), version: drainedVersion, now: at(3))
        machine.take(ends(4, askedAt: 9))
        #expect(machine.advance(to: at(9), view: view(next: 4), isSet: true) == [])
        #expect(machine.mayBeCountedOut)

        machine.resume(now: at(10))
        #expect(machine.advance(to: at(10), view: view(next: 4), isSet: true).contains(.announce))
        machine.acknowledged(sentAt: at(10.1), version: drainedVersion, now: at(10.1))
        machine.take(ends(4, askedAt: 12.2))
        #expect(machine.advance(to: at(12.2), view: view(next: 4), isSet: true) == [], "that word said: drained")
        machine.acknowledged(sentAt: at(12.3), version: machine.version, now: at(12.4))
        machine.take(ends(4, askedAt: 14.3))
        #expect(machine.advance(to: at(14.35), view: view(next: 4), isSet: true) == [])
        machine.take(ends(4, askedAt: 14.4))
        #expect(machine.advance(to: at(14.5), view: view(next: 4), isSet: true) == [.lift, .announce])
        #expect(machine.mayBeCountedOut == (mode == .cutOff))
    }

    @Test func `a fence that somebody else has set is taken over, and lifted by the rules`() {
        var machine = machine(.start)
        machine.take(ends(0, askedAt: 0.5))
        _ = machine.advance(to: at(1), view: view(next: 0), isSet: true)
        #expect(machine.advance(to: at(2), view: view(next: 0), isSet: true).contains(.set(.catchingUp)))
        machine.take(ends(3, askedAt: 2.5))
        #expect(machine.advance(to: at(3), view: view(next: 2), isSet: true) == [])
        #expect(machine.advance(to: at(4), view: view(next: 3), isSet: true) == [.lift, .announce])
    }

    @Test(arguments: FenceMode.allCases)
    func `an agent that stops fences where nobody else would know that it is behind`(mode: FenceMode) {
        var machine = machine(mode)
        if mode == .cutOff { _ = live(&machine) }
        machine.take(ends(4, askedAt: 5))
        _ = machine.advance(to: at(5), view: view(next: 4), isSet: mode != .off)
        var stopping = view(next: 4)
        stopping.isStopping = true
        let actions = machine.advance(to: at(6), view: stopping, isSet: false)
        #expect(actions.contains(.set(.stopping)) == (mode >= .behind))
    }
}
