/// The answer of `GET /v1/purges`: a part of the history, the newest first.
package struct PurgePage: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case purges, next
    }

    package let purges: [PurgeStatus]
    /// What `before` has to be to get the ones before these; absent at the end.
    package let next: String?

    package init(purges: [PurgeStatus], next: String?) {
        self.purges = purges
        self.next = next
    }
}
