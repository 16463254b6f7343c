import Testing

@testable import EdgeAgent

@Suite struct BackoffTests {
    @Test func `tries come soon at first, then less and less often, and never stop`() {
        var backoff = Backoff()
        var now = ContinuousClock.now
        #expect(backoff.next == nil)
        #expect(backoff.isDue(now))
        var waits: [Duration] = []
        for _ in 0..<8 {
            backoff.failed(now)
            #expect(!backoff.isDue(now))
            let next = backoff.next ?? now
            waits.append(now.duration(to: next))
            now = next
            #expect(backoff.isDue(now))
        }
        #expect(waits == [0.5, 1, 2, 4, 8, 15, 15, 15].map { .seconds($0) })
    }
}
