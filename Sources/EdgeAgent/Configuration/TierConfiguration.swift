/// Where the caches of a machine stand among caches that fill from each other.
package struct TierConfiguration: Sendable, Hashable {
    /// The tier they belong to; nil: there are no tiers.
    package var name: String?
    /// The tier that they fill from; nil: the origin.
    package var above: String?

    /// Whether other caches fill from these.
    package var isFilledFrom: Bool

    package init(name: String? = nil, above: String? = nil, isFilledFrom: Bool = false) {
        self.name = name
        self.above = above
        self.isFilledFrom = isFilledFrom
    }
}
