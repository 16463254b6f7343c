/// A token bucket: it holds so many tokens, new ones come in steadily, and who takes one that is not whole is refused.
///
/// It is refilled when it is asked, by the time since it was asked before, also with fractions of a token. Everything
/// is counted in whole numbers, so that a thousand small steps give exactly what one large step gives. It has no clock:
/// callers say what time it is.
package struct TokenBucket: Sendable, Hashable {
    /// How large a bucket is and how fast it fills.
    package struct Rate: Sendable, Hashable {
        /// The largest of each number, so that no product overflows.
        package static let numberMax: Int64 = 1_000_000_000

        /// Tokens it holds at most.
        package let size: Int64
        /// Tokens that come in within a period.
        package let refill: Int64
        /// The period, in milliseconds.
        package let periodMilliseconds: Int64

        /// Creates a rate; numbers below 1 become 1, those above ``numberMax`` that.
        package init(size: Int64, refill: Int64, periodMilliseconds: Int64) {
            let allowed = 1...Self.numberMax
            self.size = min(max(size, allowed.lowerBound), allowed.upperBound)
            self.refill = min(max(refill, allowed.lowerBound), allowed.upperBound)
            self.periodMilliseconds = min(max(periodMilliseconds, allowed.lowerBound), allowed.upperBound)
        }

        /// Milliseconds in which an empty bucket fills, rounded up.
        package var fillMilliseconds: Int64 { (size * periodMilliseconds + refill - 1) / refill }
    }

    /// How large it is and how fast it fills.
    package let rate: Rate
    /// What is in it, in parts of a token: a token has as many parts as the period has milliseconds, so that each
    /// millisecond brings `refill` parts.
    private var parts: Int64
    /// When it was refilled last, in milliseconds of the caller's clock.
    private var refilledAt: Int64

    /// Creates a full bucket.
    package init(rate: Rate, at now: Int64) {
        self.rate = rate
        parts = rate.size * rate.periodMilliseconds
        refilledAt = now
    }

    /// Creates a bucket with so many thousandths of a token, as ``thousandths`` told them; never more than it holds.
    package init(rate: Rate, thousandths: Int64, at now: Int64) {
        self.rate = rate
        let kept = min(max(thousandths, 0), rate.size * 1000)
        // Both factors are at most 10^12 and 10^9: the product needs more than 64 bits, the quotient does not.
        let (high, low) = kept.multipliedFullWidth(by: rate.periodMilliseconds)
        parts = Int64(1000).dividingFullWidth((high, low)).quotient
        refilledAt = now
    }

    /// Lets in what has come since it was refilled last.
    ///
    /// A clock that was set back brings nothing, and one that was set forward no more than the bucket holds.
    package mutating func refill(at now: Int64) {
        let elapsed = min(Self.elapsed(from: refilledAt, to: now), rate.fillMilliseconds)
        parts = min(parts + elapsed * rate.refill, rate.size * rate.periodMilliseconds)
        refilledAt = now
    }

    /// Milliseconds between two readings of a clock; 0 when it was set back.
    package static func elapsed(from earlier: Int64, to now: Int64) -> Int64 {
        let (difference, overflow) = now.subtractingReportingOverflow(earlier)
        return now <= earlier ? 0 : overflow ? .max : difference
    }

    /// Takes whole tokens, or none and answers false.
    package mutating func take(_ count: Int64 = 1, at now: Int64) -> Bool {
        refill(at: now)
        let needed = needed(for: count)
        guard parts >= needed else { return false }
        parts -= needed
        return true
    }

    /// The whole tokens in it as of the last refill.
    package var wholeTokens: Int64 { parts / rate.periodMilliseconds }

    /// Thousandths of a token in it as of the last refill, rounded down: what is stored.
    package var thousandths: Int64 {
        let (high, low) = parts.multipliedFullWidth(by: Int64(1000))
        return rate.periodMilliseconds.dividingFullWidth((high, low)).quotient
    }

    /// Milliseconds, rounded up, until so many tokens are there if none is taken; nil when there is never room for
    /// them.
    package func milliseconds(until count: Int64) -> Int64? {
        guard count <= rate.size else { return nil }
        return (max(needed(for: count) - parts, 0) + rate.refill - 1) / rate.refill
    }

    private func needed(for count: Int64) -> Int64 {
        min(max(count, 0), Rate.numberMax) * rate.periodMilliseconds
    }
}
