import NIOCore
import NIOPosix
import PrometheusText
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import EdgeAgent

/// Who fetches what was purged, and who waits for it.
@Suite struct AskCrowdTests {
    private let clock = TestClock(.stands)
    private let counters = AgentCounters()
    private let crowd: AskCrowd

    init() { crowd = AskCrowd(hold: .seconds(5), clock: clock, counters: counters) }

    private static let deleted = AskVerdict.Expectation.response(deleted: 7)
    private static let deletedAnew = AskVerdict.Expectation.response(deleted: 8)
    private static let landed = AskVerdict.Expectation.proof(landed: 1)

    /// Counts those whose wait has ended.
    private final class Ended: Sendable {
        let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
    }

    /// Those who wait by their numbers: at which gate, and until when at most.
    private final class Joined: Sendable {
        let waiters = Mutex<[UInt64: (key: Int, until: ContinuousClock.Instant)]>([:])
    }

    private func waiter(_ ended: Ended = Ended()) -> AskCrowd.Waiter {
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in ended.count.withLock { $0 += 1 } }
        return AskCrowd.Waiter(
            question: AskQuestion(cacheKey: [1], host: [], requestURI: []), promise: promise)
    }

    /// A visitor asks; whether the answer comes at once.
    @discardableResult
    private func passes(
        _ expects: AskVerdict.Expectation? = deleted, key: Int = 1, ended: Ended = Ended(), of crowd: AskCrowd? = nil
    ) -> Bool {
        let waiter = waiter(ended)
        if case .wait = (crowd ?? self.crowd).turn(of: key, expects, waiter) { return false }
        waiter.promise.succeed()
        return true
    }

    private func waits(_ end: String) -> Int { counters.waits.values.first { $0.labels == [end] }?.value ?? 0 }
    private var waiting: Int { counters.waiting }

    @Test func `the first one fetches, the others wait until something new is there`() async throws {
        #expect(passes(nil))
        #expect(passes())
        let ended = Ended()
        for _ in 0..<199 { #expect(!passes(ended: ended)) }
        #expect(crowd.turn(of: 1, Self.deleted) == .wait(nil), "who does not wait yet is told that it has to")
        #expect(passes(key: 2), "another page has a first one of its own")
        #expect(waiting == 199)
        crowd.look { _ in Self.deleted }
        #expect(waiting == 199)
        crowd.look { _ in nil }
        #expect(waiting == 0 && waits("renewed") == 199)
        try await eventually("all are told") { ended.value == 199 }
        #expect(passes(), "what is deleted once more is fetched once more")
        #expect(!passes())
        #expect(passes(nil) && waiting == 0, "whoever finds something new says so")
    }

    @Test func `without something new one more is let through each second, and in the end all are`() {
        #expect(passes())
        for _ in 0..<50 { #expect(!passes()) }
        for second in 1...4 {
            clock.advance(by: .seconds(1))
            for _ in 0..<5 { crowd.look { _ in Self.deleted } }
            #expect(waits("next") == second)
        }
        clock.advance(by: .milliseconds(1001))
        crowd.look { _ in Self.deleted }
        #expect(waiting == 0 && waits("over") == 46)
        #expect(passes() && passes(), "nobody waits for that once more")
        clock.advance(by: .seconds(3600))
        #expect(passes() && passes())
        #expect(passes(Self.deletedAnew))
        #expect(!passes(Self.deletedAnew), "but for what is deleted later")
    }

    @Test func `where few come nobody waits long for a fetch that stores nothing`() {
        for _ in 0..<4 {
            #expect(passes())
            clock.advance(by: .seconds(1))
        }
        clock.advance(by: .seconds(2))
        #expect(passes() && passes())
    }

    @Test func `all wait for a proof, and one fetches what turns out to be old`() {
        #expect(!passes(Self.landed) && !passes(Self.landed) && !passes(Self.landed))
        clock.advance(by: .seconds(2))
        crowd.look { _ in Self.landed }
        #expect(waiting == 3)
        crowd.look { _ in Self.deletedAnew }
        #expect(waiting == 2 && waits("next") == 1)
        crowd.look { _ in Self.landed }
        clock.advance(by: .seconds(4))
        crowd.look { _ in Self.landed }
        #expect(waiting == 0 && waits("over") == 2)
        #expect(passes(Self.landed) && passes(Self.landed))
    }

    @Test func `whoever leaves neither waits nor is the next`() throws {
        #expect(passes())
        let first = waiter()
        guard case .wait(let number?) = crowd.turn(of: 1, Self.deleted, first) else {
            first.promise.succeed()
            throw NeverHappened(what: "a question waits")
        }
        #expect(!passes())
        crowd.leave(1, number)
        crowd.leave(1, number)
        #expect(waiting == 1 && waits("left") == 1)
        clock.advance(by: .seconds(1))
        crowd.look { _ in Self.deleted }
        #expect(waiting == 0 && waits("next") == 1)
        crowd.leave(2, 17)
    }

    @Test func `there is room for so many, and whoever finds none is answered`() {
        for key in 0..<30_000 { #expect(passes(key: key)) }
        #expect(passes(key: 30_000) && passes(key: 30_000))
        for _ in 0..<10_000 { passes(key: 5) }
        #expect(waiting == 10_000)
        #expect(passes(key: 5))
        clock.advance(by: .seconds(6))
        #expect(passes(key: 30_000) && passes(key: 30_001), "the time of the others is over")
        crowd.look { _ in Self.deleted }
        #expect(waiting == 0)
        #expect(passes(key: 30_002) && !passes(key: 30_002))
        crowd.close()
        #expect(waiting == 0 && passes(key: 30_002))
    }

    @Test func `nobody waits where that is switched off`() {
        let none = AskCrowd(hold: .zero, clock: clock, counters: counters)
        for _ in 0..<3 { #expect(passes(of: none)) }
        #expect(passes(Self.landed, of: none))
    }

    /// Whatever comes in whatever order: who waits is counted, told once, and waits no longer than `hold` and a look.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func `nobody is forgotten`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (joined, ended) = (Joined(), Ended())
        var count = 0
        /// When somebody looked last.
        var until = clock.instant
        var found: [Int: AskVerdict.Expectation?] = [:]
        for _ in 0..<300 {
            let key = random.number(0...3)
            switch random.number(0...9) {
            case 0: clock.advance(by: .milliseconds(random.number(0...700)))
            case 1:
                found[key] = random.pick([nil, Self.deleted, Self.deletedAnew, Self.landed])
            case 2:
                if let one = joined.waiters.withLock({ $0.randomElement(using: &random) }) {
                    crowd.leave(one.value.key, one.key)
                }
            case 3, 4:
                crowd.look { _ in found[random.number(0...3)] ?? nil }
                until = clock.instant
            default:
                let waiter = waiter(ended)
                count += 1
                switch crowd.turn(of: key, found[key] ?? nil, waiter) {
                case .answer: waiter.promise.succeed()
                case .wait(let number):
                    let number = try #require(number)
                    joined.waiters.withLock { $0[number] = (key, clock.instant + .milliseconds(5_000)) }
                    waiter.promise.futureResult.whenComplete { _ in joined.waiters.withLock { $0[number] = nil } }
                }
            }
            try await eventually("those who were told are taken note of; seed \(seed)") {
                joined.waiters.withLock { $0.count } == waiting
            }
            let late = joined.waiters.withLock { $0.values.count { $0.until < until } }
            #expect(late == 0, "seed \(seed)")
        }
        crowd.close()
        try await eventually("all are told, seed \(seed)") { ended.value == count }
    }
}
