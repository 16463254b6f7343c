/// `GET /v1/purges`.
struct PurgeList: Decodable {
    /// Newest first.
    var purges: [PurgeProgress]
    /// What `before` has to be to get the ones before these; nil when there are none.
    var next: String?
}
