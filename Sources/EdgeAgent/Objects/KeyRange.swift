/// A run of neighbouring keys of the database.
struct KeyRange: Hashable, Sendable {
    /// First key.
    var lower: [UInt8]
    /// First key beyond the run; nil: to the end.
    var upper: [UInt8]?
}
