/// How many tags of one response no purge can find it by, and why.
package struct DroppedTags: Sendable, Hashable {
    /// Longer than any purge can name: over ``Limits/tagBytesMax``.
    package var tooLong = 0
    /// With a character that no tag may have, or in a structured field that cannot be parsed (one for each line).
    package var invalid = 0
    /// Beyond the bytes of tag headers that are read; a tag that was cut there is one of them.
    package var beyondLimit = 0

    package init() {}

    package var count: Int { tooLong + invalid + beyondLimit }

    /// The names under which they are counted, each with how many there are.
    package var byReason: [(reason: String, count: Int)] {
        [("too_long", tooLong), ("invalid", invalid), ("beyond_limit", beyondLimit)]
    }
}

extension DroppedTags: CustomStringConvertible {
    package var description: String {
        let parts = [
            (tooLong, "longer than \(Limits.tagBytesMax) bytes"), (invalid, "no tags (spaces, or not printable ASCII)"),
            (beyondLimit, "beyond the limit of tags.header_bytes"),
        ]
        return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}
