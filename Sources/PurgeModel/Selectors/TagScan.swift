/// What ``CacheTagHeaders`` found in one response.
package struct TagScan: Sendable, Hashable {
    /// Each tag once, in lower case, in the order of the headers.
    package var tags: [CacheTag] = []

    /// Tags that were not taken; one that repeats is none of them.
    package var dropped = DroppedTags()

    /// Whether the empty line that ends a header was seen.
    ///
    /// If not, the caller gave only a part, and tags may be missing.
    package var isComplete = false
}
