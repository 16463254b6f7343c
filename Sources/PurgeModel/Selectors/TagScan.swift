/// What ``CacheTagHeaders`` found in one response.
package struct TagScan: Sendable, Hashable {
    /// Each tag once, in lower case, in the order of the headers.
    package var tags: [CacheTag] = []

    /// Tags that were not taken: unprintable, longer than any purge can name, or beyond 16 KB.
    ///
    /// A tag cut off by that limit counts, one that repeats does not.
    package var dropped = 0

    /// Whether the empty line that ends a header was seen.
    ///
    /// If not, the caller gave only a part, and tags may be missing.
    package var isComplete = false
}
