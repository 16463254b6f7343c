/// The answer of an agent's `GET /v1/index/find`: what a purge would remove.
package struct FoundObjects: Codable, Sendable, Hashable {
    /// One object.
    package struct Object: Codable, Sendable, Hashable {
        private enum CodingKeys: String, CodingKey {
            case hosts, target, tags, file, bytes
            case storedAt = "stored_at"
            case tagsIncomplete = "tags_incomplete"
        }

        package let hosts: [String]
        /// Path and query.
        package let target: String
        package let tags: [String]
        /// Whether it has more tags, which could not be read: purges by these miss it.
        package let tagsIncomplete: Bool
        /// The path of its cache file.
        package let file: String
        package let storedAt: Timestamp
        package let bytes: Int

        package init(
            hosts: [String], target: String, tags: [String], tagsIncomplete: Bool, file: String,
            storedAt: Timestamp, bytes: Int
        ) {
            self.hosts = hosts
            self.target = target
            self.tags = tags
            self.tagsIncomplete = tagsIncomplete
            self.file = file
            self.storedAt = storedAt
            self.bytes = bytes
        }
    }

    private enum CodingKeys: String, CodingKey {
        case objects, more
    }

    package let objects: [Object]
    /// Whether there are more than were asked for.
    package let more: Bool

    package init(objects: [Object], more: Bool) {
        self.objects = objects
        self.more = more
    }
}
