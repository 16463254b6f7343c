/// The answer of an agent's `GET /v1/index/stats`.
package struct IndexStatistics: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case objects, bytes, hosts, tags
        case diskBytes = "disk_bytes"
        case memoryBytes = "memory_bytes"
        case skippedFiles = "skipped_files"
        case unmatched
        case otherHosts = "other_hosts"
        case otherHostExample = "other_host_example"
    }

    package let objects: Int
    /// Of their cache files.
    package let bytes: Int64
    package let hosts: Int
    package let tags: Int
    /// What the index takes on disk.
    package let diskBytes: Int
    /// What it takes in memory.
    package let memoryBytes: Int
    /// Files that were left alone, by reason.
    package let skippedFiles: [String: Int]
    /// Objects whose cache keys fit none of the configuration.
    package let unmatched: Int
    /// Hosts that are in no scope of the last purges; nil before the first purge with a scope.
    package let otherHosts: Int?
    /// One of them.
    package let otherHostExample: String?

    package init(
        objects: Int, bytes: Int64, hosts: Int, tags: Int, diskBytes: Int, memoryBytes: Int,
        skippedFiles: [String: Int], unmatched: Int, otherHosts: Int?, otherHostExample: String?
    ) {
        self.objects = objects
        self.bytes = bytes
        self.hosts = hosts
        self.tags = tags
        self.diskBytes = diskBytes
        self.memoryBytes = memoryBytes
        self.skippedFiles = skippedFiles
        self.unmatched = unmatched
        self.otherHosts = otherHosts
        self.otherHostExample = otherHostExample
    }
}
