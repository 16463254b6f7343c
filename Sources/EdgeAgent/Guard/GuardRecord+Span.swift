extension GuardRecord {
    /// - Parameters:
    ///   - span: one that does not wait for the tier above.
    ///   - stored: the message of the purge, as it is in the queue.
    init(_ span: GuardSpan, stored: [UInt8]) {
        self.init(reference: span.reference, until: span.until, stored: stored)
    }
}
