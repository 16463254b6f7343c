extension GuardRecord {
    /// - Parameter span: one that does not wait for the tier above.
    init(_ span: GuardSpan, _ message: QueuedMessage) {
        self.init(reference: span.reference, until: span.until, message: message)
    }
}
