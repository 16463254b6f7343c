extension Duration {
    /// Whole milliseconds for a C timeout: never negative (librdkafka takes -1 as "for ever"), rounded up, capped.
    var clampedMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        let (quotient, remainder) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        return Int32(seconds) * 1000 + Int32(quotient) + (remainder > 0 ? 1 : 0)
    }
}
