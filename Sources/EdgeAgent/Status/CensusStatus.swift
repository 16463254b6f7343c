package import PurgeModel

/// What the agent tells of a look at some of the files of one cache.
package struct CensusStatus: Sendable, Hashable, Encodable {
    /// The cache.
    package var path: String
    /// When it was looked at.
    package var at: Timestamp
    /// Files that were looked at.
    package var files: Int
    /// Those that fit no key, and are not learnt from the access log.
    package var unmatched: Int
    /// Those under a host that looks wrong.
    package var oddHosts: Int
    /// Keys that none of them fits, where they are many.
    package var unusedKeys: [String]
    /// All of this as sentences.
    package var findings: [String]

    private enum CodingKeys: String, CodingKey {
        case path, at, files, unmatched, findings
        case oddHosts = "odd_hosts"
        case unusedKeys = "unused_keys"
    }
}
