package import PurgeModel

/// What the agent tells of stored responses whose tags it could not take, since its start.
package struct TagLossStatus: Sendable, Hashable, Encodable {
    /// The last one.
    package struct Example: Sendable, Hashable, Encodable {
        /// The path of its cache file.
        package var file: String
        /// What is lacking, for people.
        package var reason: String
        /// When it was read.
        package var at: Timestamp
    }

    /// Responses; one that is read again counts again.
    package var objects = 0
    /// Tags that were dropped, by reason: too_long, invalid, beyond_limit.
    package var dropped: [String: Int] = [:]
    /// Responses whose head could not be read to its end, by reason: unknown_protocol, incomplete, damaged_fastcgi,
    /// damaged_http2.
    package var heads: [String: Int] = [:]
    package var example: Example?

    private enum CodingKeys: String, CodingKey {
        case objects, heads, example
        case dropped = "dropped_tags"
    }
}
