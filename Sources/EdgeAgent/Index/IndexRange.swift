/// A run of neighbouring index entries that a selector names.
struct IndexRange: Hashable, Sendable {
    /// Which family the entries are in.
    enum Family: Hashable, Sendable {
        case urls
        case tags
    }

    var family: Family
    /// First key.
    var lower: [UInt8]
    /// First key beyond the run; nil: to the end of the family.
    var upper: [UInt8]?

    /// All keys that begin with these bytes.
    init(_ family: Family, prefix: [UInt8]) {
        self.family = family
        lower = prefix
        upper = prefix.prefixEnd
    }
}
