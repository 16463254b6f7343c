package import PurgeModel

/// What the index lacks of the tags of an object: purges by these miss it.
///
/// It is found by its URL, its host and the tags that could be read all the same.
package struct TagLoss: Hashable, Sendable, CustomStringConvertible {
    /// Why its head could not be read to the end; nil: it was.
    package var head: UnreadableHead?
    /// Tags that were read, and that no purge finds it by.
    package var dropped: DroppedTags

    /// Nil where nothing is lacking.
    package init?(head: UnreadableHead?, dropped: DroppedTags) {
        guard head != nil || dropped.count > 0 else { return nil }
        self.head = head
        self.dropped = dropped
    }

    package var description: String {
        let tags = dropped.count > 0 ? "tags that were dropped: \(dropped)" : nil
        return [head?.description, tags].compactMap { $0 }.joined(separator: "; ")
    }
}
