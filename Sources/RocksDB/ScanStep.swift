/// What the visitor of a scan wants next.
package enum ScanStep: Sendable, Hashable {
    /// Go to the next entry.
    case next
    /// End the scan here.
    case stop
}
