import TestSupport
import Testing

@testable import PurgeModel

struct TokenBucketTests {
    /// The Free plan of the document: 25 requests, 5 a minute.
    private static let free = TokenBucket.Rate(size: 25, refill: 5, periodMilliseconds: 60_000)

    @Test func `the example of the document`() {
        // "If the user were to send 26 requests all at once, the first 25 would be processed, but the last request
        // would be rate limited. They would need to wait 12 seconds and retry their last request for it to succeed."
        var bucket = TokenBucket(rate: Self.free, at: 1000)
        for _ in 0..<25 { check(bucket.take(at: 1000)) }
        check(!bucket.take(at: 1000))
        #expect(bucket.milliseconds(until: 1) == 12_000)
        check(!bucket.take(at: 12_999))
        check(bucket.take(at: 13_000))
        check(!bucket.take(at: 13_000))
    }

    @Test func `a request that was refused costs nothing`() {
        var bucket = TokenBucket(rate: Self.free, at: 0)
        for _ in 0..<25 { check(bucket.take(at: 0)) }
        for now in stride(from: Int64(0), to: 12_000, by: 7) { check(!bucket.take(at: now)) }
        check(bucket.take(at: 12_000))
    }

    @Test(arguments: [UInt64(1), 2]) func `many small steps give what one large step gives`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let rate = TokenBucket.Rate(
                size: .random(in: 1...1000, using: &generator), refill: .random(in: 1...1000, using: &generator),
                periodMilliseconds: .random(in: 1...100_000, using: &generator))
            var small = TokenBucket(rate: rate, at: 0)
            check(small.take(rate.size, at: 0))
            var large = small
            var now: Int64 = 0
            for _ in 0..<100 {
                now += .random(in: 0...50, using: &generator)
                small.refill(at: now)
            }
            large.refill(at: now)
            #expect(small == large, "seed \(seed)")
            let wait = large.milliseconds(until: rate.size) ?? -1
            if wait > 0 { check(!large.take(rate.size, at: now + wait - 1), "seed \(seed)") }
            check(large.take(rate.size, at: now + wait), "seed \(seed)")
        }
    }

    @Test func `no clock brings more than the bucket holds`() {
        var bucket = TokenBucket(rate: Self.free, at: 1_000_000)
        for _ in 0..<25 { check(bucket.take(at: 1_000_000)) }
        // Set back: nothing comes in, and the time after that counts from there.
        check(!bucket.take(at: 0))
        check(!bucket.take(at: 11_999))
        check(bucket.take(at: 12_000))
        for now in [Int64.max, .min, .max, 0] {
            bucket.refill(at: now)
            #expect((0...25).contains(bucket.wholeTokens))
        }
    }

    @Test(arguments: [UInt64(1), 2]) func `what is stored comes back, also under another rate`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let rate = TokenBucket.Rate(
                size: .random(in: 1...TokenBucket.Rate.numberMax, using: &generator),
                refill: .random(in: 1...TokenBucket.Rate.numberMax, using: &generator),
                periodMilliseconds: .random(in: 1...TokenBucket.Rate.numberMax, using: &generator))
            var bucket = TokenBucket(rate: rate, at: 0)
            check(bucket.take(.random(in: 0...rate.size, using: &generator), at: 0))
            let again = TokenBucket(rate: rate, thousandths: bucket.thousandths, at: 0)
            #expect(again.wholeTokens == bucket.wholeTokens, "seed \(seed)")
            let smaller = TokenBucket(rate: Self.free, thousandths: bucket.thousandths, at: 0)
            #expect(smaller.wholeTokens == min(25, bucket.wholeTokens), "seed \(seed)")
        }
        #expect(TokenBucket(rate: Self.free, thousandths: .max, at: 0).wholeTokens == 25)
        #expect(TokenBucket(rate: Self.free, thousandths: -5, at: 0).wholeTokens == 0)
    }

    @Test func `more than it holds never fits`() {
        var bucket = TokenBucket(rate: Self.free, at: 0)
        check(!bucket.take(26, at: .max))
        #expect(bucket.milliseconds(until: 26) == nil)
        #expect(bucket.milliseconds(until: 25) == 0)
        check(!bucket.take(.max, at: 0))
        check(bucket.take(25, at: 0))
    }
}
