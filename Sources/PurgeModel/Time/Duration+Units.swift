extension Duration {
    /// Whole milliseconds, rounded towards zero; the nearest possible number when it does not fit.
    package var wholeMilliseconds: Int64 {
        whole(perSecond: 1_000)
    }

    /// Whole microseconds, rounded towards zero; the nearest possible number when it does not fit.
    package var wholeMicroseconds: Int64 {
        whole(perSecond: 1_000_000)
    }

    private func whole(perSecond units: Int64) -> Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: units)
        let (sum, carry) = scaled.addingReportingOverflow(attoseconds / (1_000_000_000_000_000_000 / units))
        return overflow || carry ? (seconds < 0 ? .min : .max) : sum
    }
}
